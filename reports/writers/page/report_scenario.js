// One scenario: a row that says what came of it, and its details, which are built when the row is opened first.

function scenarioRow(scenario) {
  const real = scenario.devices.filter((d) => d.real).length;
  const row = h('details', {class: 'scenario v-' + scenario.verdict, id: anchor(scenario.id)},
    h('summary', {},
      badge(scenario.verdict),
      h('span', {class: 'what'},
        h('span', {class: 'title'}, scenario.title || scenario.id),
        h('span', {class: 'id'}, scenario.id),
        scenario.reason && h('span', {class: 'reason'}, scenario.reason)),
      h('span', {class: 'marks'},
        scenario.unexpected_pass && h('span', {class: 'mark bad'}, 'unexpected pass'),
        scenario.known_failure && !scenario.unexpected_pass && h('span', {class: 'mark'}, 'known failure'),
        real > 0 && h('span', {class: 'mark real', title: 'took place on real hardware'}, `${real} real`)),
      h('span', {class: 'time'}, duration(scenario.real_seconds))));
  row.addEventListener('toggle', () => {
    if (row.open && row.childElementCount === 1) row.append(scenarioDetails(scenario));
  });
  return row;
}

const anchor = (id) => 's-' + encodeURIComponent(id);

function scenarioDetails(scenario) {
  const timeline = new Timeline(scenario);
  return h('div', {class: 'details'},
    cause(scenario),
    facts(scenario),
    !timeline.empty && timeline.build(),
    scenario.steps.length > 0 && stepsSection(scenario, timeline),
    scenario.measurements.length > 0 && h('section', {}, h('h3', {}, 'Measurements'),
      h('div', {class: 'measurements'}, scenario.measurements.map(measurementCard))),
    scenario.evidence.length > 0 && evidenceSection(scenario));
}

function cause(scenario) {
  const known = scenario.known_failure;
  return [
    scenario.reason && h('div', {class: 'cause v-' + scenario.verdict},
      h('div', {class: 'cause-head'}, {fail: 'First cause', 'harness-error': 'What broke in the harness', skip: 'Why it was skipped',
        inconclusive: 'Why nothing is proven'}[scenario.verdict] || 'Note'),
      h('p', {}, scenario.reason)),
    scenario.notes.length > 0 && h('ul', {class: 'notes'}, scenario.notes.map((note) => h('li', {}, note))),
    known && h('p', {class: 'notes'},
      h('b', {}, scenario.unexpected_pass ? 'Unexpected pass: strike off the known failure ' : 'Known failure '),
      h('b', {}, known.reference), `: ${known.reason} (bound to ${known.fingerprint})`),
  ];
}

function facts(scenario) {
  const fact = (name, ...value) => h('div', {}, h('dt', {}, name), h('dd', {}, ...value));
  return h('dl', {class: 'facts'},
    scenario.devices.length > 0 && fact('devices', scenario.devices.map((d) =>
      h('span', {class: 'device' + (d.real ? ' real' : ''), title: d.driver}, h('b', {}, d.id), ' ' + d.kind + ' ',
        h('i', {}, d.real ? 'real' : 'virtual'), d.detail && h('span', {class: 'dim'}, ' ' + d.detail)))),
    scenario.verifies.length > 0 && fact('verifies', scenario.verifies.map((id) => h('span', {class: 'chip'}, id))),
    scenario.file && fact('file', h('code', {}, scenario.file)),
    fact('began', `${calendarTime(scenario.begin)}, ${duration(seconds(scenario.end) - seconds(scenario.begin))} of model time, ` +
      `${duration(scenario.real_seconds)} real`),
    scenario.command && fact('again', copyable(scenario.command)));
}

function stepsSection(scenario, timeline) {
  return h('section', {}, h('div', {class: 'section-head'}, h('h3', {}, 'Steps'),
    h('span', {class: 'dim'}, 'click a time to see it in the timeline')),
    h('div', {class: 'steps'}, scenario.steps.map((step) => stepNode(step, timeline, seconds(scenario.begin)))));
}

function stepNode(step, timeline, origin) {
  const from = seconds(step.begin);
  const to = seconds(step.end);
  const ran = to > 0;
  const line = h('div', {class: 'step-line'},
    h('span', {class: 'sign v-' + step.verdict, title: WORDS[step.verdict]}, SIGNS[step.verdict]),
    h('span', {class: 'step-text'}, step.text || step.verb,
      step.message && h('span', {class: 'message'}, step.message)),
    step.line > 0 && h('span', {class: 'dim line'}, 'line ' + step.line),
    ran && h('button', {class: 'at', type: 'button', title: clockTime(from),
      onclick: (event) => { event.preventDefault(); timeline.show(from, to); }},
      `+${duration(Math.max(0, from - origin))}`, h('b', {}, duration(to - from))));
  if (step.steps.length === 0) return h('div', {class: 'step v-' + step.verdict}, line);
  const passed = step.verdict === 'pass' || step.verdict === 'skip';
  return h('details', {class: 'step v-' + step.verdict, open: !passed || step.steps.length <= 6}, h('summary', {}, line),
    h('div', {class: 'substeps'}, step.steps.map((inner) => stepNode(inner, timeline, origin))));
}

function evidenceSection(scenario) {
  const stills = scenario.evidence.filter((e) => e.image);
  const tails = scenario.evidence.filter((e) => e.tail);
  const size = (e) => (e.missing ? h('span', {class: 'missing'}, e.missing) : quantity(e.size, 'B'));
  return h('section', {}, h('h3', {}, 'Evidence'),
    stills.length > 0 && h('div', {class: 'stills'}, stills.map((e) => h('figure', {},
      h('a', {href: e.href}, h('img', {src: e.image, alt: e.name, loading: 'lazy'})),
      h('figcaption', {}, h('b', {}, e.name), e.note && h('span', {class: 'dim'}, ' ' + e.note))))),
    h('div', {class: 'table'}, h('table', {}, h('tbody', {}, scenario.evidence.map((e) => h('tr', {},
      h('td', {}, h('span', {class: 'chip'}, e.kind)),
      h('td', {}, e.href ? h('a', {href: e.href}, e.name) : e.name, e.note && h('span', {class: 'dim'}, ' ' + e.note)),
      h('td', {class: 'path'}, h('code', {}, e.path)),
      h('td', {class: 'number'}, size(e))))))),
    tails.map((e) => h('details', {class: 'log', open: scenario.verdict === 'fail' || scenario.verdict === 'harness-error'},
      h('summary', {}, `${e.name}, last lines`), h('pre', {}, e.tail.split('\n').map(logLine)))));
}

function logLine(text) {
  const level = /^\S+ (error|warning|debug)\b/.exec(text);
  return h('span', {class: level ? 'log-' + level[1] : ''}, text + '\n');
}
