// Helpers that the other parts of the page share. Text reaches the page only through text nodes and attributes set by
// name, never as markup, so nothing in a report can become part of the page.

const VERDICTS = ['harness-error', 'fail', 'inconclusive', 'skip', 'pass-with-note', 'pass'];
const SIGNS = {pass: '✓', 'pass-with-note': '✓', skip: '–', inconclusive: '?', fail: '✕', 'harness-error': '!'};
const WORDS = {
  pass: 'passed', 'pass-with-note': 'passed with note', skip: 'skipped', inconclusive: 'inconclusive', fail: 'failed',
  'harness-error': 'harness error',
};
const SVG = 'http://www.w3.org/2000/svg';

function fill(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes || {})) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith('on')) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? '' : value);
  }
  for (const child of children.flat(3)) {
    if (child !== undefined && child !== null && child !== false) node.append(child);
  }
  return node;
}
const h = (tag, attributes, ...children) => fill(document.createElement(tag), attributes, children);
const svg = (tag, attributes, ...children) => fill(document.createElementNS(SVG, tag), attributes, children);

const seconds = (utc) => {
  // Date knows milliseconds only; the digits behind them are added.
  const fraction = /\.(\d{3})(\d*)Z$/.exec(utc);
  return Date.parse(utc) / 1000 + (fraction && fraction[2] ? Number('0.000' + fraction[2]) : 0);
};
const clockTime = (s) => new Date(Math.round(s * 1000)).toISOString().slice(11, 23);
const calendarTime = (utc) => utc.slice(0, 19).replace('T', ' ') + ' UTC';

function threeDigits(value) {
  if (!Number.isFinite(value)) return '–';
  const size = Math.abs(value);
  if (size === 0) return '0';
  if (size >= 99.95) return Math.round(value).toLocaleString('en-GB');
  if (size < 1e-6) return value.toExponential(1);
  return String(Number(value.toPrecision(3)));
}

const SCALES = {
  time: [['ns', 1e-9], ['µs', 1e-6], ['ms', 1e-3], ['s', 1]],
  size: [['B', 1], ['kB', 1e3], ['MB', 1e6], ['GB', 1e9], ['TB', 1e12]],
  rate: [['bps', 1], ['kbps', 1e3], ['Mbps', 1e6], ['Gbps', 1e9]],
};
const UNITS = {};
for (const [quantity, units] of Object.entries(SCALES)) {
  for (const [unit, factor] of units) UNITS[unit === 'µs' ? 'us' : unit] = {quantity, factor};
}

function quantity(value, unit) {
  const known = UNITS[unit];
  if (!known || value === 0 || !Number.isFinite(value)) return threeDigits(value) + (unit ? ' ' + unit : '');
  const base = value * known.factor;
  const scale = SCALES[known.quantity];
  const best = [...scale].reverse().find(([, factor]) => Math.abs(base) >= factor * 0.9995) || scale[0];
  return threeDigits(base / best[1]) + ' ' + best[0];
}

function duration(s) {
  if (s < 60) return quantity(s, 's');
  const whole = Math.round(s);
  const parts = [[Math.floor(whole / 3600), 'h'], [Math.floor(whole / 60) % 60, 'min'], [whole % 60, 's']];
  return parts.filter(([n]) => n > 0).slice(0, 2).map(([n, u]) => n + ' ' + u).join(' ');
}

// Round values that divide a range into about `count` parts.
function ticks(from, to, count) {
  const raw = (to - from) / Math.max(1, count);
  if (!(raw > 0) || !Number.isFinite(raw)) return [from];
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].map((m) => m * power).find((m) => m >= raw);
  const values = [];
  for (let i = Math.ceil(from / step - 1e-9); i * step <= to + step * 1e-9; ++i) values.push(i * step);
  return values;
}

const badge = (verdict, long) =>
  h('span', {class: 'badge v-' + verdict}, h('b', {'aria-hidden': 'true'}, SIGNS[verdict]), long ? WORDS[verdict] : verdict);

function copyable(text, label) {
  const button = h('button', {class: 'copy', type: 'button', title: 'Copy'}, 'copy');
  button.addEventListener('click', () => {
    const done = () => { button.textContent = 'copied'; setTimeout(() => { button.textContent = 'copy'; }, 1200); };
    if (navigator.clipboard) navigator.clipboard.writeText(text).then(done, () => selectText(button.previousSibling));
    else selectText(button.previousSibling);
  });
  return h('div', {class: 'command'}, label && h('span', {class: 'dim'}, label), h('code', {}, text), button);
}

function selectText(node) {
  const range = document.createRange();
  range.selectNodeContents(node);
  getSelection().removeAllRanges();
  getSelection().addRange(range);
}

// One tooltip for the whole page, kept inside the window.
const tip = h('div', {class: 'tip', role: 'status', hidden: true});
function showTip(event, ...lines) {
  tip.replaceChildren(...lines.filter(Boolean).map((line, i) => h(i === 0 ? 'b' : 'div', {}, line)));
  tip.hidden = false;
  const x = Math.min(event.clientX + 14, innerWidth - tip.offsetWidth - 8);
  const below = event.clientY + 18 + tip.offsetHeight < innerHeight;
  tip.style.left = Math.max(8, x) + 'px';
  tip.style.top = (below ? event.clientY + 18 : event.clientY - tip.offsetHeight - 12) + 'px';
}
const hideTip = () => { tip.hidden = true; };
