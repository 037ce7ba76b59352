"""Pages of the registers, the map and its tiles."""

from django.urls import path

from fangge.registers.views import acts, corrections, entries, lists, maps, reading, returns

app_name = "registers"
urlpatterns = [
    path("map", maps.show_map, name="map"),
    path("at", maps.show_place, name="at"),
    path("tiles/areas/<int:zoom>/<int:x>/<int:y>.mvt", maps.area_tile, name="area-tile"),
    path("tiles/<str:layer>/<int:zoom>/<int:x>/<int:y>.mvt", maps.spot_tile, name="spot-tile"),
    path("buildings/<int:building_id>", entries.show_building, name="building"),
    path("addresses/", lists.show_addresses, name="addresses"),
    path("addresses/export", lists.export_addresses, name="export-addresses"),
    path("addresses/<int:address_id>", entries.show_address, name="address"),
    path("addresses/<int:address_id>/change", acts.change_address, name="change"),
    path("addresses/acts/<int:act_id>/undo", acts.undo, name="undo-act"),
    path("addresses/code/<str:code>", acts.show_code, name="code"),
    path("addresses/read", reading.read_address, name="read"),
    path("addresses/waiting/", corrections.show_waiting, name="waiting"),
    path("addresses/waiting/<int:text_id>", corrections.show_text, name="waiting-text"),
    path("addresses/waiting/<int:text_id>/set-aside", corrections.set_aside, name="set-aside"),
    path("addresses/decisions/<int:decision_id>/undo", corrections.withdraw, name="withdraw"),
    path("organisations/", lists.show_organisations, name="organisations"),
    path("organisations/export", lists.export_organisations, name="export-organisations"),
    path("organisations/<int:organisation_id>", entries.show_organisation, name="organisation"),
    path("dwellings/<int:dwelling_id>", entries.show_dwelling, name="dwelling"),
    path("residents/<int:resident_id>", entries.show_resident, name="resident"),
    path("returns/", returns.show_returns, name="returns"),
    path("returns/new", returns.show_return_form, name="return-new"),
    path("returns/<int:return_id>", returns.show_return, name="return"),
    path("returns/<int:return_id>/decide", returns.decide, name="return-decide"),
    path("returns/<int:return_id>/make", returns.make, name="return-make"),
    path("search", lists.search, name="search"),
    path("suggest", lists.suggest, name="suggest"),
]
