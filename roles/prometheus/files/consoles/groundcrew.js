"use strict";
// Draws each <figure>: asks Prometheus for what its <data> say over the span of the address, as curves with marks.
const SPANS = { "1h": 3600, "6h": 21600, "1d": 86400, "7d": 604800, "30d": 2592000 };
const asked = new URLSearchParams(location.search).get("span");
const span = asked in SPANS ? asked : "6h";
const end = Math.floor(Date.now() / 1000), start = end - SPANS[span];
const step = Math.max(15, Math.round(SPANS[span] / 240));
const window_ = `${Math.max(120, 2 * step)}s`; // of a rate: never shorter than what is asked between two points
const WIDTH = 1000, HEIGHT = 220, LEFT = 64, BOTTOM = 24, TOP = 18;
const x = (time) => LEFT + ((WIDTH - LEFT) * (time - start)) / (end - start);

async function ask(query) {
  const words = new URLSearchParams({ query: query.replaceAll("WINDOW", window_), start, end, step });
  const answer = await (await fetch(`../api/v1/query_range?${words}`)).json();
  if (answer.status !== "success") throw new Error(answer.error);
  return answer.data.result;
}

function draw(parent, name, attributes, text) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  if (text !== undefined) made.textContent = text;
  return parent.appendChild(made);
}

function shown(value, unit) {
  if (unit === "%") return `${(value * 100).toFixed(value && value < 0.1 ? 1 : 0)} %`;
  if (unit === "s") return value && value < 1 ? `${Math.round(value * 1000)} ms` : `${Number(value.toFixed(2))} s`;
  const base = unit.startsWith("B") ? 1024 : 1000;
  const power = value < base ? 0 : Math.min(4, Math.floor(Math.log(value) / Math.log(base)));
  const number = value / base ** power;
  return `${number.toFixed(Number.isInteger(number) ? 0 : number < 10 ? 2 : 1)} ${["", "k", "M", "G", "T"][power]}${unit}`.trim();
}

// A round number above the largest value: 1, 2 or 5 and noughts, or those by 1024.
function ceiling(most, unit) {
  const size = unit.startsWith("B") && most >= 1024 ? 1024 ** Math.floor(Math.log(most) / Math.log(1024)) : 1;
  const power = 10 ** Math.floor(Math.log10(most / size));
  return size * power * [1, 2, 4, 5, 8, 10].find((one) => one * power * size >= most);
}

function clock(time) {
  const moment = new Date(time * 1000);
  return SPANS[span] > 90000
    ? moment.toLocaleDateString([], { day: "2-digit", month: "short" })
    : moment.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", hour12: false });
}

function frame(svg, most, unit) {
  for (const part of [0, 0.25, 0.5, 0.75, 1]) {
    const y = HEIGHT - BOTTOM - part * (HEIGHT - BOTTOM - TOP);
    draw(svg, "line", { class: "grid", x1: LEFT, x2: WIDTH, y1: y, y2: y });
    draw(svg, "text", { x: LEFT - 8, y: y + 4, "text-anchor": "end" }, shown(part * most, unit));
  }
  for (const part of [0, 1, 2, 3, 4, 5]) {
    const time = start + ((end - start) * part) / 6;
    draw(svg, "text", { x: x(time), y: HEIGHT - 6, "text-anchor": part ? "middle" : "start" }, clock(time));
  }
}

// A mark is a series whose value is a moment: where a release began to serve.
function mark(svg, found) {
  for (const { metric, values } of found) {
    for (const time of new Set(values.map(([, value]) => Number(value)))) {
      if (time < start) continue;
      draw(svg, "line", { class: "mark", x1: x(time), x2: x(time), y1: TOP, y2: HEIGHT - BOTTOM });
      const late = x(time) > WIDTH - 120;
      draw(svg, "text", { class: "release", x: x(time) + (late ? -4 : 4), y: TOP - 5, "text-anchor": late ? "end" : "start" }, metric.release);
    }
  }
}

// A gap in the values is a gap in the curve, and a value alone is a dot.
function curve(svg, values, style, y) {
  let path = "", before = 0;
  values.forEach(([time, value], number) => {
    const gap = time - before > 1.5 * step;
    path += `${gap ? "M" : "L"}${x(time).toFixed(1)},${y(value).toFixed(1)}`;
    const next = values[number + 1];
    if (gap && !(next && next[0] - time <= 1.5 * step)) draw(svg, "circle", { class: `dot ${style}`, cx: x(time), cy: y(value), r: 2 });
    before = time;
  });
  draw(svg, "path", { class: `curve ${style}`, d: path });
}

async function fill(figure) {
  const unit = figure.dataset.unit || "";
  const series = [];
  for (const one of figure.querySelectorAll("data")) {
    const label = ({ metric }) => one.textContent.replace(/\{(\w+)\}/g, (_, name) => metric[name] || "?");
    const found = (await ask(one.value)).map((each) => ({ name: label(each), values: each.values }));
    for (const { name, values } of found.sort((each, other) => each.name.localeCompare(other.name))) {
      const points = values.map(([time, value]) => [time, Number(value)]).filter(([, value]) => Number.isFinite(value));
      if (points.length) series.push({ name, points });
    }
  }
  if (!series.length) throw new Error("Nothing is known of this time.");
  const most = ceiling(Math.max(Number(figure.dataset.least || 0), ...series.flatMap(({ points }) => points.map(([, value]) => value))) || 1, unit);
  const svg = draw(figure, "svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": figure.querySelector("figcaption").textContent });
  frame(svg, most, unit);
  const legend = figure.appendChild(document.createElement("ul"));
  legend.className = "legend";
  series.forEach(({ name, points }, number) => {
    const style = /^[1-5]\d\d$/.test(name) ? `s${name[0]}` : `c${number % 8}`;
    curve(svg, points, style, (value) => HEIGHT - BOTTOM - (value / most) * (HEIGHT - BOTTOM - TOP));
    const item = legend.appendChild(document.createElement("li"));
    item.className = style;
    const [last, value] = points.at(-1);
    const text = last > end - 2 * step ? `${name}: ${shown(value, unit)}` : name;
    item.append("● ", Object.assign(document.createElement("span"), { textContent: text }));
  });
  if (figure.dataset.marks) mark(svg, await ask(figure.dataset.marks));
}

for (const link of document.querySelectorAll(".spans a")) link.classList.toggle("now", link.textContent === span);
for (const figure of document.querySelectorAll("figure")) {
  fill(figure).catch((error) => figure.append(Object.assign(document.createElement("p"), { className: "note", textContent: error.message })));
}
