// The timeline of a scenario: lanes of steps, faults, events and states, and below them every series over the same time.
// Drag to zoom in, double click to zoom out; all plots keep the same range and a common cross-hair.

const LANE = 24;
const GUTTER = 148;
const AXIS = 22;
const SERIES = 92;

// Steps by depth: each depth is a lane of its own, so that nested steps stand below their parent.
function stepLanes(steps, depth = 0, lanes = []) {
  for (const step of steps) {
    const end = seconds(step.end);
    if (depth < 4 && end > 0) {
      (lanes[depth] = lanes[depth] || []).push({
        text: step.text || step.verb, begin: seconds(step.begin), end, tone: 'v-' + step.verdict,
        detail: step.message, verdict: step.verdict,
      });
    }
    stepLanes(step.steps, depth + 1, lanes);
  }
  return lanes;
}

function lanesOf(scenario) {
  const lanes = stepLanes(scenario.steps).map((entries, depth) => ({name: depth === 0 ? 'steps' : '', entries}));
  const named = new Map();
  for (const entry of scenario.timeline) {
    if (!named.has(entry.lane)) named.set(entry.lane, []);
    named.get(entry.lane).push({
      text: entry.text, detail: entry.detail, tone: 't-' + entry.tone, begin: seconds(entry.begin),
      end: entry.end === null ? null : seconds(entry.end),
    });
  }
  const rank = (name) => (name.startsWith('fault') ? 0 : name === 'events' ? 1 : 2);
  return lanes.concat([...named].map(([name, entries]) => ({name, entries}))
    .sort((a, b) => rank(a.name) - rank(b.name)));
}

class Timeline {
  constructor(scenario) {
    this.lanes = lanesOf(scenario);
    this.series = scenario.series.map((s) => ({...s, points: s.points.map(([t, v]) => [seconds(t), v === null ? NaN : v])}));
    const times = [seconds(scenario.begin), seconds(scenario.end)];
    for (const lane of this.lanes) for (const e of lane.entries) times.push(e.begin, e.end === null ? e.begin : e.end);
    for (const s of this.series) for (const [t] of s.points) times.push(t);
    const valid = times.filter((t) => t > 0);
    this.begin = valid.reduce((a, b) => Math.min(a, b), Infinity);
    this.end = Math.max(valid.reduce((a, b) => Math.max(a, b), -Infinity), this.begin + 0.001);
    this.origin = times[0] > 0 ? times[0] : this.begin;
    this.view = [this.begin, this.end];
    this.mark = null;
  }

  get empty() { return this.lanes.length === 0 && this.series.length === 0; }

  build() {
    this.canvas = h('div', {class: 'timeline'});
    this.range = h('span', {class: 'dim'});
    const button = (text, title, act) => h('button', {type: 'button', title, onclick: act}, text);
    new ResizeObserver(() => this.resized()).observe(this.canvas);
    return h('section', {},
      h('div', {class: 'section-head'}, h('h3', {}, 'Timeline'), this.range, h('span', {class: 'tools'},
        button('−', 'Zoom out', () => this.scale(2)), button('+', 'Zoom in', () => this.scale(0.5)),
        button('‹', 'Earlier', () => this.shift(-0.3)), button('›', 'Later', () => this.shift(0.3)),
        button('all', 'Show everything', () => this.zoom(this.begin, this.end)))),
      this.canvas);
  }

  resized() {
    const width = Math.floor(this.canvas.clientWidth);
    if (width === 0 || width === this.width) return;
    this.width = width;
    this.gutter = width < 600 ? 0 : GUTTER;
    this.draw();
  }

  x(t) { return this.gutter + (t - this.view[0]) / (this.view[1] - this.view[0]) * (this.width - this.gutter - 8); }
  time(x) { return this.view[0] + (x - this.gutter) / (this.width - this.gutter - 8) * (this.view[1] - this.view[0]); }

  zoom(from, to) {
    const least = 0.002;
    if (to - from < least) { from = (from + to - least) / 2; to = from + least; }
    this.view = [Math.max(this.begin, from), Math.min(this.end, to)];
    this.draw();
  }
  scale(factor) {
    const middle = (this.view[0] + this.view[1]) / 2;
    const half = (this.view[1] - this.view[0]) / 2 * factor;
    this.zoom(middle - half, middle + half);
  }
  shift(part) {
    const width = this.view[1] - this.view[0];
    const from = Math.min(Math.max(this.begin, this.view[0] + width * part), this.end - width);
    this.zoom(from, from + width);
  }
  // Shows one step: marked, with some time around it.
  show(from, to) {
    this.mark = [from, to];
    const margin = Math.max((to - from) * 0.6, (this.end - this.begin) * 0.04);
    this.zoom(from - margin, to + margin);
  }

  draw() {
    if (!this.width) return;
    const gap = this.gutter ? 0 : 14;
    const height = AXIS + this.lanes.length * (LANE + gap) + this.series.length * (SERIES + 16) + 4;
    const root = svg('svg', {width: this.width, height, viewBox: `0 0 ${this.width} ${height}`, role: 'img',
      'aria-label': 'timeline of steps, faults, events and states'});
    const clip = 'clip' + Math.random().toString(36).slice(2);
    root.append(svg('clipPath', {id: clip}, svg('rect', {x: this.gutter, y: 0, width: this.width - this.gutter, height})));
    this.drawAxis(root, height);
    const body = svg('g', {'clip-path': `url(#${clip})`});
    if (this.mark) {
      body.append(svg('rect', {class: 'marked', x: this.x(this.mark[0]), y: AXIS, height,
        width: Math.max(2, this.x(this.mark[1]) - this.x(this.mark[0]))}));
    }
    let y = AXIS;
    for (const lane of this.lanes) {
      this.label(root, lane.name, gap ? y + 11 : y + LANE / 2 + 4);
      if (this.gutter) root.append(svg('line', {class: 'rule', x1: 0, x2: this.width, y1: y, y2: y}));
      this.drawLane(body, lane, y + gap);
      y += LANE + gap;
    }
    for (const series of this.series) {
      this.drawSeries(root, body, series, y + 14);
      y += SERIES + 16;
    }
    root.append(body);
    this.hair = svg('line', {class: 'hair', y1: AXIS - 4, y2: height, visibility: 'hidden'});
    root.append(this.hair);
    this.listen(root);
    this.canvas.replaceChildren(root);
    const whole = this.view[0] <= this.begin && this.view[1] >= this.end;
    this.range.textContent = whole ? 'drag to zoom' :
      `${clockTime(this.view[0])} – ${clockTime(this.view[1])} (${duration(this.view[1] - this.view[0])})`;
  }

  drawAxis(root, height) {
    const from = this.view[0] - this.origin;
    for (const t of ticks(from, this.view[1] - this.origin, (this.width - this.gutter) / 90)) {
      const x = this.x(t + this.origin);
      root.append(svg('line', {class: 'grid', x1: x, x2: x, y1: AXIS - 4, y2: height}),
        svg('text', {class: 'tick', x: Math.min(x, this.width - 24), y: 12, 'text-anchor': x < 20 ? 'start' : 'middle'},
          (Math.round(t * 1e4) / 1e4) + ' s'));
    }
  }

  label(root, text, y) {
    if (!text) return;
    const short = text.length > 22 ? text.slice(0, 21) + '…' : text;
    root.append(svg('text', {class: 'lane', x: 0, y}, short, svg('title', {}, text)));
  }

  drawLane(body, lane, y) {
    let free = -Infinity;
    for (const entry of lane.entries) {
      const x = this.x(entry.begin);
      const to = entry.end === null ? x : this.x(entry.end);
      if (to < this.gutter - 8 || x > this.width + 8) continue;
      const group = svg('g', {class: 'entry ' + entry.tone, tabindex: 0});
      const over = (event) => showTip(event, entry.text, entry.verdict && WORDS[entry.verdict],
        entry.end === null ? clockTime(entry.begin) :
          `${clockTime(entry.begin)} – ${clockTime(entry.end)} (${duration(entry.end - entry.begin)})`, entry.detail);
      group.addEventListener('pointermove', over);
      group.addEventListener('pointerleave', hideTip);
      if (entry.end === null) {
        group.append(svg('circle', {cx: x, cy: y + LANE / 2, r: 5}));
        const next = lane.entries.find((e) => e !== entry && e.begin >= entry.begin && this.x(e.begin) > x - 1);
        const room = (next ? this.x(next.begin) : this.width) - x - 16;
        if (room > entry.text.length * 6.4 && x > free) {
          group.append(svg('text', {x: x + 8, y: y + LANE / 2 + 4}, entry.text));
          free = x + 8 + entry.text.length * 6.4;
        }
      } else {
        const left = Math.max(x, this.gutter);
        const width = Math.max(2, Math.min(to, this.width) - left - 1);
        group.append(svg('rect', {x: left, y: y + 3, width, height: LANE - 6, rx: 3}));
        const letters = Math.floor((width - 10) / 6.4);
        if (letters >= Math.min(4, entry.text.length)) {
          const text = entry.text.length > letters ? entry.text.slice(0, letters - 1) + '…' : entry.text;
          group.append(svg('text', {x: left + 5, y: y + LANE / 2 + 4}, text));
        }
      }
      body.append(group);
    }
  }

  drawSeries(root, body, series, y) {
    const shown = series.points.filter(([t, v]) => t >= this.view[0] && t <= this.view[1] && Number.isFinite(v));
    const values = (shown.length ? shown : series.points).map(([, v]) => v).filter(Number.isFinite);
    let low = values.reduce((a, b) => Math.min(a, b), Infinity);
    let high = values.reduce((a, b) => Math.max(a, b), -Infinity);
    if (!values.length) { low = 0; high = 1; }
    if (low > 0 && low < high * 0.5) low = 0;
    if (low === high) { high += Math.abs(high) || 1; if (low > 0) low = 0; }
    const place = (v) => y + SERIES - 6 - (v - low) / (high - low) * (SERIES - 14);
    this.label(root, series.name, y - 2);
    for (const v of ticks(low, high, 3)) {
      root.append(svg('line', {class: 'grid', x1: this.gutter, x2: this.width, y1: place(v), y2: place(v)}),
        svg('text', {class: 'tick', x: this.gutter ? this.gutter - 6 : this.width, y: place(v) + 4, 'text-anchor': 'end'},
          quantity(v, series.unit)));
    }
    let path = '';
    let pen = 'M';
    for (const [t, v] of series.points) {
      if (!Number.isFinite(v)) { pen = 'M'; continue; }
      path += `${pen}${this.x(t).toFixed(1)} ${place(v).toFixed(1)}`;
      pen = 'L';
    }
    body.append(svg('path', {class: 'curve', d: path}));
    series.place = place;
  }

  nearest(series, t) {
    let best = null;
    for (const point of series.points) {
      if (Number.isFinite(point[1]) && (!best || Math.abs(point[0] - t) < Math.abs(best[0] - t))) best = point;
    }
    return best;
  }

  listen(root) {
    let start = null;
    const box = svg('rect', {class: 'selection', y: AXIS - 4, height: '100%', visibility: 'hidden'});
    root.append(box);
    const at = (event) => event.clientX - root.getBoundingClientRect().left;
    root.addEventListener('pointerdown', (event) => {
      if (event.pointerType !== 'touch' && at(event) >= this.gutter) {
        start = at(event);
        event.preventDefault();
      }
    });
    root.addEventListener('pointermove', (event) => {
      const x = at(event);
      const inside = x >= this.gutter;
      this.hair.setAttribute('visibility', inside ? 'visible' : 'hidden');
      this.hair.setAttribute('x1', x);
      this.hair.setAttribute('x2', x);
      if (start !== null) {
        fill(box, {x: Math.min(start, x), width: Math.abs(x - start), visibility: 'visible'}, []);
      } else if (inside && !event.target.closest('.entry')) {
        const t = this.time(x);
        showTip(event, `${clockTime(t)}  (+${duration(Math.max(0, t - this.origin))})`, ...this.series.map((s) => {
          const point = this.nearest(s, t);
          return point && `${s.name}: ${quantity(point[1], s.unit)}`;
        }));
      }
    });
    root.addEventListener('pointerup', (event) => {
      const from = start;
      start = null;
      box.setAttribute('visibility', 'hidden');
      if (from !== null && Math.abs(at(event) - from) > 6) {
        this.zoom(this.time(Math.min(from, at(event))), this.time(Math.max(from, at(event))));
      }
    });
    root.addEventListener('pointerleave', () => {
      start = null;
      box.setAttribute('visibility', 'hidden');
      this.hair.setAttribute('visibility', 'hidden');
      hideTip();
    });
    root.addEventListener('dblclick', () => { this.mark = null; this.zoom(this.begin, this.end); });
  }
}
