// The map: our own tiles, counts drawn as images so that no glyphs come from elsewhere.

import { Map as MapView, NavigationControl, Popup, ScaleControl } from "../vendor/maplibre-gl-6.17.0/maplibre-gl.mjs";

const holder = document.getElementById("map");
const panel = document.getElementById("panel");
const root = new URL("tiles/", new URL(holder.dataset.tiles, location.href)).href;
const WATER = "#1d6f78";
const FONT = 'system-ui, "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", "WenQuanYi Micro Hei", sans-serif';
const DEEPEST = 17;
const FALLBACK = [120.53, 31.26, 120.65, 31.38];

function spots(layer) {
  return { type: "vector", tiles: [`${root}${layer}/{z}/{x}/{y}.mvt`], minzoom: 8, maxzoom: DEEPEST };
}

function line(id, from, width, color) {
  return {
    id, type: "line", source: "areas", "source-layer": id, minzoom: from,
    paint: { "line-color": color, "line-width": width },
  };
}

function named(id, from, until, size) {
  return {
    id: `${id}-name`, type: "symbol", source: "areas", "source-layer": id, minzoom: from, maxzoom: until,
    layout: { "icon-image": ["concat", `name|${size}|`, ["get", "name"]], "icon-padding": 8 },
  };
}

const [west, south, east, north] = (holder.dataset.window?.split(" ").map(Number)) ?? FALLBACK;
const map = new MapView({
  container: holder,
  hash: true,
  bounds: [[west, south], [east, north]],
  fitBoundsOptions: { padding: 48 },
  minZoom: 9,
  maxZoom: 20,
  dragRotate: false,
  pitchWithRotate: false,
  attributionControl: false,
  style: {
    version: 8,
    sources: {
      areas: { type: "vector", tiles: [`${root}areas/{z}/{x}/{y}.mvt`], minzoom: 8, maxzoom: 16 },
      spots: spots("address"),
    },
    layers: [
      { id: "ground", type: "background", paint: { "background-color": "#eceae3" } },
      { id: "district-fill", type: "fill", source: "areas", "source-layer": "district", paint: { "fill-color": "#faf9f6" } },
      {
        id: "grid-fill", type: "fill", source: "areas", "source-layer": "grid", minzoom: 13,
        paint: { "fill-color": WATER, "fill-opacity": 0.04 },
      },
      line("grid", 13, 1, "#9fbcbc"),
      line("community", 11, 1, "#b9bdb8"),
      line("subdistrict", 9, 1.6, "#8a9499"),
      line("district", 8, 2.4, "#1f2a30"),
      named("subdistrict", 10, 13, 15),
      named("community", 13, 15, 13),
      named("grid", 15, 20, 12),
      {
        id: "spots", type: "symbol", source: "spots", "source-layer": "address",
        layout: {
          "icon-image": ["concat", "count|", ["get", "label"], "|", ["case", ["has", "building"], "1", "0"]],
          "icon-allow-overlap": ["step", ["zoom"], true, 16, false, 17.5, true],
          "symbol-sort-key": ["get", "n"],
        },
      },
    ],
  },
});
map.touchZoomRotate.disableRotation();
map.addControl(new NavigationControl({ showCompass: false }), "bottom-right");
map.addControl(new ScaleControl({ unit: "metric" }), "bottom-right");

function canvasFor(width, height) {
  const canvas = document.createElement("canvas");
  const ratio = 2;
  canvas.width = width * ratio;
  canvas.height = height * ratio;
  const pen = canvas.getContext("2d");
  pen.scale(ratio, ratio);
  pen.textAlign = "center";
  pen.textBaseline = "middle";
  return { canvas, pen };
}

function drawCount(label, isBuilding) {
  const digits = label.replace(/\D/g, "");
  const radius = Math.min(30, 11 + 4.2 * Math.log10(Number(digits) + 1));
  const side = Math.ceil(radius * 2) + 4;
  const { canvas, pen } = canvasFor(side, side);
  const middle = side / 2;
  pen.beginPath();
  if (isBuilding) pen.roundRect(middle - radius, middle - radius * 0.8, radius * 2, radius * 1.6, 4);
  else pen.arc(middle, middle, radius, 0, 2 * Math.PI);
  pen.fillStyle = isBuilding ? "#ffffff" : WATER;
  pen.globalAlpha = isBuilding ? 0.95 : 0.88;
  pen.fill();
  pen.globalAlpha = 1;
  pen.lineWidth = 1.5;
  pen.strokeStyle = isBuilding ? WATER : "#ffffff";
  pen.stroke();
  pen.fillStyle = isBuilding ? "#1f2a30" : "#ffffff";
  pen.font = `600 ${label.length > 4 ? 11 : 12}px ${FONT}`;
  pen.fillText(label, middle, middle + 0.5);
  return pen.getImageData(0, 0, canvas.width, canvas.height);
}

function drawName(name, size) {
  const measure = canvasFor(1, 1).pen;
  measure.font = `600 ${size}px ${FONT}`;
  const { canvas, pen } = canvasFor(Math.ceil(measure.measureText(name).width) + 8, Number(size) + 10);
  pen.font = `600 ${size}px ${FONT}`;
  pen.lineWidth = 3.5;
  pen.strokeStyle = "rgba(250, 249, 246, 0.95)";
  pen.lineJoin = "round";
  pen.strokeText(name, canvas.width / 4, canvas.height / 4);
  pen.fillStyle = "#4a565c";
  pen.fillText(name, canvas.width / 4, canvas.height / 4);
  return pen.getImageData(0, 0, canvas.width, canvas.height);
}

map.setMissingStyleImageResolver(async (id) => {
  const [kind, first, second] = id.split("|");
  if (map.hasImage(id)) return;
  if (kind === "count") map.addImage(id, drawCount(first, second === "1"), { pixelRatio: 2 });
  if (kind === "name") map.addImage(id, drawName(second, first), { pixelRatio: 2 });
});

for (const choice of document.querySelectorAll("input[name=layer]")) {
  choice.addEventListener("change", () => {
    const above = map.getStyle().layers.find((layer) => layer.id === "spots");
    map.removeLayer("spots");
    map.removeSource("spots");
    map.addSource("spots", spots(choice.value));
    map.addLayer({ ...above, "source-layer": choice.value });
  });
}

const AREA_LAYERS = ["grid-fill", "grid", "community", "subdistrict", "subdistrict-name", "community-name", "grid-name"];
document.querySelector("input[name=areas]").addEventListener("change", (event) => {
  for (const id of AREA_LAYERS) map.setLayoutProperty(id, "visibility", event.target.checked ? "visible" : "none");
});

async function openBuilding(id) {
  panel.hidden = false;
  const body = document.getElementById("panel-body");
  body.textContent = "…";
  const answer = await fetch(new URL(`buildings/${id}`, new URL(holder.dataset.tiles, location.href)), { headers: { "X-Panel": "1" } });
  body.innerHTML = await answer.text();
  body.querySelector("a, button")?.focus({ preventScroll: true });
}

panel.querySelector(".close").addEventListener("click", () => { panel.hidden = true; });
document.addEventListener("keydown", (event) => { if (event.key === "Escape") panel.hidden = true; });

map.on("click", "spots", ({ features, lngLat }) => {
  const spot = features[0].properties;
  if (spot.building) openBuilding(spot.building);
  else map.easeTo({ center: lngLat, zoom: Math.min(map.getZoom() + 2, 16) });
});

const tip = new Popup({ closeButton: false, closeOnClick: false, className: "map-tip", offset: 14 });
map.on("mousemove", "spots", ({ features, lngLat }) => {
  map.getCanvas().style.cursor = "pointer";
  const { name, label } = features[0].properties;
  if (name) tip.setLngLat(lngLat).setText(`${name} · ${label}`).addTo(map);
});
map.on("mouseleave", "spots", () => { map.getCanvas().style.cursor = ""; tip.remove(); });
map.on("idle", () => { holder.dataset.idle = "1"; });
window.fanggeMap = map;
