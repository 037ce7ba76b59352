// The map page: layers to choose, spots to point at, buildings to open.

import { Map as MapView, NavigationControl, Popup, ScaleControl } from "../vendor/maplibre-gl-6.17.0/maplibre-gl.mjs";
import { AREA_LAYERS, SPOT_LAYERS, choosePaint, mapStyle, spotLayers, spotSource } from "./map-style.js";

const holder = document.getElementById("map");
const chooser = document.getElementById("layers");
const panel = document.getElementById("panel");
const panelBody = document.getElementById("panel-body");
const here = new URL(holder.dataset.map, location.href);
const root = new URL("tiles/", here).href;
const FALLBACK = "120.53 31.26 120.65 31.38";
const CLICKED = ["clusters", "buildings"];
const LISTED = 60;
const LAYER_KEY = "fangge-map-layer";

const choices = [...chooser.querySelectorAll("input[name=layer]")];
const remembered = choices.find((choice) => choice.value === sessionStorage.getItem(LAYER_KEY));
if (remembered) remembered.checked = true;
const chosenLayer = () => choices.find((choice) => choice.checked).value;

const [west, south, east, north] = (holder.dataset.window ?? FALLBACK).split(" ").map(Number);
const options = {
  container: holder,
  hash: true,
  bounds: [[west, south], [east, north]],
  fitBoundsOptions: { padding: innerWidth > 760 ? { left: 220, top: 24, right: 24, bottom: 24 } : 16 },
  minZoom: 8,
  maxZoom: 20,
  dragRotate: false,
  pitchWithRotate: false,
  attributionControl: false,
  locale: JSON.parse(document.getElementById("map-words").textContent),
  style: mapStyle(root, chosenLayer()),
};

function drawMap() {
  try {
    return new MapView(options);
  } catch (error) {
    document.getElementById("no-map").hidden = false;
    throw error;
  }
}

const map = drawMap();
map.touchZoomRotate.disableRotation();
map.addControl(new NavigationControl({ showCompass: false }), "bottom-right");
map.addControl(new ScaleControl({ unit: "metric" }), "bottom-right");

let chosen = 0;

function markChosen(building) {
  chosen = building;
  for (const [layer, property, paint] of choosePaint(building)) map.setPaintProperty(layer, property, paint);
}

for (const choice of choices) {
  choice.addEventListener("change", () => {
    sessionStorage.setItem(LAYER_KEY, choice.value);
    for (const id of SPOT_LAYERS) map.removeLayer(id);
    map.removeSource("spots");
    map.addSource("spots", spotSource(root, choice.value));
    for (const layer of spotLayers(choice.value)) map.addLayer(layer);
    markChosen(chosen);
  });
}

chooser.querySelector("input[name=areas]").addEventListener("change", ({ target }) => {
  for (const id of AREA_LAYERS) map.setLayoutProperty(id, "visibility", target.checked ? "visible" : "none");
});
if (innerWidth <= 760) chooser.open = false;

let cameFrom = null;

function showPanel() {
  if (panel.hidden) cameFrom = document.activeElement;
  panel.hidden = false;
  panel.focus({ preventScroll: true });
}

function closePanel() {
  if (panel.hidden) return;
  panel.hidden = true;
  markChosen(0);
  cameFrom?.focus({ preventScroll: true });
}

async function openBuilding(id) {
  showPanel();
  markChosen(id);
  panelBody.setAttribute("aria-busy", "true");
  try {
    const answer = await fetch(new URL(`buildings/${id}`, here), { headers: { "X-Panel": "1" } });
    if (!answer.ok) throw new Error(answer.statusText);
    panelBody.innerHTML = await answer.text();
  } catch {
    panelBody.textContent = panel.dataset.failed;
  }
  panelBody.removeAttribute("aria-busy");
  panel.scrollTop = 0;
}

function listBuildings() {
  const seen = new Map();
  for (const { properties } of map.queryRenderedFeatures({ layers: ["buildings"] })) {
    seen.set(properties.building, properties);
  }
  const list = document.createElement("ul");
  list.className = "plain-list";
  const ordered = [...seen.values()].sort((one, other) => (one.name ?? "").localeCompare(other.name ?? "", "zh", { numeric: true }));
  for (const { building, name, label } of ordered.slice(0, LISTED)) {
    const button = document.createElement("button");
    button.className = "plain";
    button.type = "button";
    button.textContent = `${name ?? building} · ${label}`;
    button.addEventListener("click", () => openBuilding(building));
    list.appendChild(document.createElement("li")).append(button);
  }
  const title = document.createElement("h2");
  title.textContent = panel.dataset.listed;
  const hint = document.createElement("p");
  hint.className = "hint";
  hint.textContent = ordered.length ? `${Math.min(ordered.length, LISTED)} / ${ordered.length}` : panel.dataset.closer;
  panelBody.replaceChildren(title, hint, list);
  showPanel();
}

panel.querySelector(".close").addEventListener("click", closePanel);
chooser.querySelector(".list").addEventListener("click", listBuildings);
document.addEventListener("keydown", (event) => { if (event.key === "Escape") closePanel(); });

// A point finds its grid and who is on duty there.
async function sayPlace({ lng, lat }) {
  const answer = await fetch(new URL(`at?lon=${lng}&lat=${lat}`, here));
  if (!answer.ok) return;
  const place = await answer.json();
  if (!place.grid) return;
  const officers = place.on_duty.join("、") || "—";
  new Popup({ className: "map-tip", closeButton: false }).setLngLat([lng, lat])
    .setText(`${place.grid} · ${panel.dataset.duty} ${officers}`).addTo(map);
}

map.on("click", (event) => {
  const [spot] = map.queryRenderedFeatures(event.point, { layers: CLICKED });
  if (!spot) return sayPlace(event.lngLat);
  if (spot.properties.building) openBuilding(spot.properties.building);
  else map.easeTo({ center: spot.geometry.coordinates, zoom: Math.min(map.getZoom() + 2, 16), duration: 180 });
});

const tip = new Popup({ closeButton: false, closeOnClick: false, className: "map-tip", offset: 14 });
for (const id of CLICKED) {
  map.on("mousemove", id, ({ features }) => {
    map.getCanvas().style.cursor = "pointer";
    const { geometry, properties } = features[0];
    if (properties.name) tip.setLngLat(geometry.coordinates).setText(`${properties.name} · ${properties.label}`).addTo(map);
  });
  map.on("mouseleave", id, () => { map.getCanvas().style.cursor = ""; tip.remove(); });
}

// A link from an entry names its building; the view is in the address after "#".
const asked = Number(new URLSearchParams(location.search).get("building"));
if (asked) map.once("load", () => openBuilding(asked));

// Says to whoever waits for it that everything in view is drawn.
map.on("idle", () => { holder.dataset.idle = "1"; });
map.on("movestart", () => { delete holder.dataset.idle; });
