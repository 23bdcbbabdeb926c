// Measurements: one row each with its statistics, and the distribution of the samples with the limits drawn in.

const STATISTICS = ['min', 'median', 'p95', 'p99', 'max'];

function distribution(measurement) {
  const width = 420;
  const height = 66;
  const samples = measurement.samples.filter(Number.isFinite);
  const bounds = measurement.limits.filter((l) => l.statistic !== 'count').map((l) => l.bound);
  const all = (samples.length ? samples : STATISTICS.map((s) => measurement.statistics[s])).concat(bounds);
  let low = all.reduce((a, b) => Math.min(a, b), Infinity);
  let high = all.reduce((a, b) => Math.max(a, b), -Infinity);
  if (low > 0 && low < high * 0.7) low = 0;
  if (low === high) { low -= Math.abs(low) * 0.5 || 1; high += Math.abs(high) * 0.5 || 1; }
  const x = (v) => 8 + (v - low) / (high - low) * (width - 16);
  const root = svg('svg', {class: 'distribution', viewBox: `0 0 ${width} ${height}`, role: 'img',
    'aria-label': `distribution of ${measurement.name}`});
  for (const v of ticks(low, high, 4)) {
    root.append(svg('line', {class: 'grid', x1: x(v), x2: x(v), y1: 12, y2: 50}),
      svg('text', {class: 'tick', x: Math.min(Math.max(x(v), 16), width - 22), y: 63, 'text-anchor': 'middle'},
        quantity(v, measurement.unit)));
  }
  drawLimits(root, measurement, x, width);
  if (samples.length > 40) drawHistogram(root, samples, x, low, high);
  else samples.forEach((v, i) => root.append(svg('circle', {class: 'sample', cx: x(v), cy: 20 + (i * 7) % 27, r: 3.2})));
  for (const name of ['median', 'p95']) {
    if (measurement.statistics.count === 0) break;
    const at = x(measurement.statistics[name]);
    root.append(svg('line', {class: 'stat', x1: at, x2: at, y1: 13, y2: 50},
      svg('title', {}, `${name} ${quantity(measurement.statistics[name], measurement.unit)}`)));
  }
  return root;
}

function drawHistogram(root, samples, x, low, high) {
  const bins = new Array(48).fill(0);
  for (const v of samples) bins[Math.min(47, Math.floor((v - low) / (high - low) * 48))] += 1;
  const most = Math.max(...bins);
  bins.forEach((count, i) => {
    if (!count) return;
    const left = x(low + (high - low) * i / 48);
    const size = Math.max(2, count / most * 34);
    root.append(svg('rect', {class: 'bin', x: left, y: 50 - size, height: size, width: Math.max(1, (x(high) - x(low)) / 48 - 1)},
      svg('title', {}, `${count} of ${samples.length}`)));
  });
}

function drawLimits(root, measurement, x, width) {
  for (const limit of measurement.limits) {
    if (limit.statistic === 'count') continue;
    const at = x(limit.bound);
    const below = limit.comparison.startsWith('<');
    const state = limit.holds ? 'held' : 'broken';
    if (limit.comparison !== '=') {
      root.append(svg('rect', {class: 'beyond ' + state, x: below ? at : 8, y: 12, height: 38,
        width: Math.max(0, below ? width - 8 - at : at - 8)}));
    }
    root.append(svg('line', {class: 'limit ' + state, x1: at, x2: at, y1: 10, y2: 50}),
      svg('text', {class: 'tick ' + state, x: Math.min(Math.max(at, 40), width - 40), y: 8, 'text-anchor': 'middle'}, limit.text));
  }
}

function measurementCard(measurement) {
  const s = measurement.statistics;
  const broken = new Set(measurement.limits.filter((l) => !l.holds).map((l) => l.statistic));
  return h('div', {class: 'measurement'},
    h('div', {class: 'measurement-head'}, badge(measurement.verdict), h('b', {}, measurement.name),
      h('span', {class: 'dim'}, `${s.count.toLocaleString('en-GB')} ${s.count === 1 ? 'sample' : 'samples'}`),
      measurement.limit && h('span', {class: 'dim'}, 'limit ' + measurement.limit)),
    measurement.message && h('p', {class: 'message'}, measurement.message),
    s.count > 0 && distribution(measurement),
    s.count > 0 && h('dl', {class: 'statistics'}, STATISTICS.map((name) => h('div', {class: broken.has(name) ? 'broken' : ''},
      h('dt', {}, name), h('dd', {}, quantity(s[name], measurement.unit))))));
}
