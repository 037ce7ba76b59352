// What the map draws: areas as its ground, clusters as circles, buildings as tags.
// There is no glyph server: with no `glyphs` in the style, MapLibre draws letters with local fonts.

const WATER = "#1d6f78";
const INK = "#1f2a30";
const PAPER = "#ffffff";
const FONTS = ["system-ui", "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", "WenQuanYi Micro Hei"];
// MapLibre reads the weight from the first name of the stack; no font need have that name.
const BOLD = ["Bold", ...FONTS];
const DEEPEST = 17;
const NAMES_FROM = 16.8;

export const SPOT_LAYERS = ["clusters", "cluster-counts", "buildings", "building-counts", "building-names"];
const AREA_KINDS = ["subdistrict", "community", "grid"];
export const AREA_LAYERS = ["grid-fill", ...AREA_KINDS, ...AREA_KINDS.map((kind) => `${kind}-name`)];

const isBuilding = ["has", "building"];
const isCluster = ["!", isBuilding];
const clusterRadius = ["interpolate", ["linear"], ["log10", ["get", "n"]], 0, 11, 2, 17, 4, 28, 6, 36];
const buildingRadius = ["interpolate", ["linear"], ["zoom"],
  16, ["case", [">=", ["get", "n"], 10], 11, 4],
  17, ["case", [">=", ["get", "n"], 10], 13, 7.5],
  18, ["case", [">=", ["get", "n"], 10], 15, 11]];

function line(kind, from, width, color) {
  return {
    id: kind, type: "line", source: "areas", "source-layer": kind, minzoom: from,
    paint: { "line-color": color, "line-width": width },
  };
}

function named(kind, from, until, size) {
  return {
    id: `${kind}-name`, type: "symbol", source: "areas", "source-layer": `${kind}-name`, minzoom: from, maxzoom: until,
    layout: {
      "text-field": ["get", "name"], "text-font": BOLD, "text-size": size, "text-max-width": 12, "text-padding": 4,
      "text-variable-anchor": ["center", "top", "bottom", "left", "right"], "text-radial-offset": 0.4, "text-justify": "auto",
    },
    paint: { "text-color": "#4a565c", "text-halo-color": "rgb(250 249 246 / 0.95)", "text-halo-width": 1.6 },
  };
}

export function spotSource(root, layer) {
  return { type: "vector", tiles: [`${root}${layer}/{z}/{x}/{y}.mvt`], minzoom: 6, maxzoom: DEEPEST };
}

export function spotLayers(layer) {
  const from = { source: "spots", "source-layer": layer };
  const count = { "text-field": ["get", "label"], "text-font": BOLD };
  // A count is always shown; names of areas give way to the circle around it.
  const always = { "text-allow-overlap": true, "text-padding": 10 };
  return [
    {
      id: "clusters", type: "circle", ...from, filter: isCluster,
      layout: { "circle-sort-key": ["get", "n"] },
      paint: {
        "circle-radius": clusterRadius, "circle-color": WATER, "circle-opacity": 0.9,
        "circle-stroke-color": PAPER, "circle-stroke-width": 1.5,
      },
    },
    {
      id: "cluster-counts", type: "symbol", ...from, filter: isCluster,
      layout: { ...count, ...always, "text-size": 12.5 },
      paint: { "text-color": PAPER },
    },
    {
      id: "buildings", type: "circle", ...from, filter: isBuilding,
      layout: { "circle-sort-key": ["get", "n"] },
      paint: {
        "circle-radius": buildingRadius, "circle-color": PAPER,
        "circle-stroke-color": WATER, "circle-stroke-width": 1.6,
      },
    },
    {
      id: "building-counts", type: "symbol", ...from, minzoom: 16,
      filter: ["all", isBuilding, ["any", [">=", ["get", "n"], 10], [">=", ["zoom"], 17]]],
      layout: { ...count, "text-size": ["interpolate", ["linear"], ["zoom"], 16, 10.5, 17, 11.5], "text-padding": 0, "symbol-sort-key": ["-", ["get", "n"]] },
      paint: { "text-color": INK },
    },
    {
      id: "building-names", type: "symbol", ...from, filter: isBuilding, minzoom: NAMES_FROM,
      layout: {
        "text-field": ["get", "name"], "text-font": FONTS, "text-size": 12, "text-anchor": "top", "text-offset": [0, 1.3],
        "text-padding": 4, "symbol-sort-key": ["-", ["get", "n"]],
      },
      paint: { "text-color": INK, "text-halo-color": PAPER, "text-halo-width": 1.4 },
    },
  ];
}

// The chosen building is filled; every other is paper.
export function choosePaint(building) {
  const isChosen = ["==", ["get", "building"], building];
  return [
    ["buildings", "circle-color", ["case", isChosen, WATER, PAPER]],
    ["building-counts", "text-color", ["case", isChosen, PAPER, INK]],
  ];
}

export function mapStyle(root, layer) {
  return {
    version: 8,
    sources: {
      areas: { type: "vector", tiles: [`${root}areas/{z}/{x}/{y}.mvt`], minzoom: 6, maxzoom: 16 },
      spots: spotSource(root, layer),
    },
    layers: [
      { id: "ground", type: "background", paint: { "background-color": "#e7e5dd" } },
      { id: "district-fill", type: "fill", source: "areas", "source-layer": "district", paint: { "fill-color": "#faf9f6" } },
      {
        id: "grid-fill", type: "fill", source: "areas", "source-layer": "grid", minzoom: 13,
        paint: { "fill-color": WATER, "fill-opacity": 0.045 },
      },
      line("grid", 13, 1, "#9fbcbc"),
      line("community", 11, 1, "#b9bdb8"),
      line("subdistrict", 9, 1.8, "#8a9499"),
      line("district", 6, 2.4, INK),
      named("subdistrict", 10, 13, 15),
      named("community", 13, 15, 13),
      named("grid", 15, 24, 12.5),
      ...spotLayers(layer),
    ],
  };
}
