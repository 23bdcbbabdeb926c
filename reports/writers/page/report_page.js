// The page: how the run went, what to show, and the scenarios.

const report = JSON.parse(document.getElementById('report').textContent);
const state = {verdicts: new Set(), text: '', worstFirst: true};

function summaryHeader() {
  const {verdict, scenarios, counts} = report.summary;
  const passed = counts.pass + counts['pass-with-note'];
  const name = scenarios === 0 && !report.problem ? 'nothing selected' : WORDS[verdict];
  return h('header', {class: 'run v-' + verdict},
    h('div', {class: 'run-head'},
      h('div', {class: 'verdict v-' + verdict}, h('span', {'aria-hidden': 'true'}, SIGNS[verdict])),
      h('div', {}, h('h1', {}, name[0].toUpperCase() + name.slice(1)),
        h('p', {}, h('b', {}, `${passed} of ${scenarios}`), ` ${scenarios === 1 ? 'scenario' : 'scenarios'} passed in `,
          h('b', {}, duration(Math.max(0, seconds(report.end) - seconds(report.begin)))), ` · ${report.title}`)),
      h('button', {class: 'theme', type: 'button', title: 'Light or dark', onclick: switchTheme}, '◐')),
    report.problem && h('div', {class: 'cause v-harness-error'}, h('div', {class: 'cause-head'}, 'The run itself broke'),
      h('p', {}, report.problem)),
    scenarios > 0 && h('div', {class: 'bar', 'aria-hidden': 'true'}, VERDICTS.filter((v) => counts[v] > 0).map((v) =>
      h('span', {class: 'v-' + v, style: `flex-grow:${counts[v]}`, title: `${counts[v]} ${WORDS[v]}`}))));
}

function switchTheme() {
  const dark = getComputedStyle(document.documentElement).colorScheme.includes('dark') &&
    (document.documentElement.dataset.theme || (matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light')) === 'dark';
  document.documentElement.dataset.theme = dark ? 'light' : 'dark';
}

function filterBar() {
  const {counts} = report.summary;
  const chips = VERDICTS.map((verdict) => h('button', {type: 'button', class: 'filter v-' + verdict, 'aria-pressed': 'false',
    disabled: counts[verdict] === 0, onclick: (event) => {
      const chosen = state.verdicts.has(verdict);
      if (chosen) state.verdicts.delete(verdict); else state.verdicts.add(verdict);
      event.currentTarget.setAttribute('aria-pressed', String(!chosen));
      applyFilter();
    }}, h('b', {}, String(counts[verdict])), ' ' + WORDS[verdict]));
  const search = h('input', {type: 'search', placeholder: 'Filter by title, id, reason, device, requirement …',
    'aria-label': 'Filter', oninput: (event) => { state.text = event.target.value.toLowerCase(); applyFilter(); }});
  const order = h('button', {type: 'button', class: 'order', onclick: () => {
    state.worstFirst = !state.worstFirst;
    order.textContent = state.worstFirst ? 'worst first' : 'as run';
    arrange();
  }}, 'worst first');
  return h('div', {class: 'filters'}, chips, search, order, h('span', {class: 'dim', id: 'shown', role: 'status'}));
}

const rows = report.scenarios.map((scenario, index) => ({
  scenario, index, node: scenarioRow(scenario), words: [scenario.id, scenario.title, scenario.reason, scenario.file,
    ...scenario.verifies, ...scenario.devices.map((d) => `${d.id} ${d.kind} ${d.real ? 'real' : 'virtual'}`)].join(' ').toLowerCase(),
}));
const list = h('div', {class: 'list'});

function arrange() {
  const rank = (row) => (state.worstFirst ? VERDICTS.indexOf(row.scenario.verdict) : 0);
  rows.sort((a, b) => rank(a) - rank(b) || a.index - b.index);
  list.append(...rows.map((row) => row.node));
}

function applyFilter() {
  let shown = 0;
  for (const row of rows) {
    const wanted = (state.verdicts.size === 0 || state.verdicts.has(row.scenario.verdict)) &&
      state.text.split(/\s+/).every((word) => row.words.includes(word));
    row.node.hidden = !wanted;
    shown += wanted ? 1 : 0;
  }
  document.getElementById('shown').textContent = shown === rows.length ? '' : `${shown} of ${rows.length} shown`;
}

function runFooter() {
  return h('footer', {}, h('h2', {}, 'This run'),
    report.command && copyable(report.command, 'again'),
    h('dl', {class: 'facts'},
      [['began', calendarTime(report.begin)], ['ended', calendarTime(report.end)], ['seed', report.seed_text], ['clock', report.clock],
        ...report.environment.map((e) => [e.name, e.value])].filter(([, value]) => value)
        .map(([name, value]) => h('div', {}, h('dt', {}, name), h('dd', {}, value)))),
    h('p', {class: 'dim'}, 'Also in this folder: ', h('a', {href: 'report.json'}, 'report.json'), ', ',
      h('a', {href: 'junit.xml'}, 'junit.xml')));
}

function openWanted() {
  const wanted = location.hash && rows.find((row) => '#' + row.node.id === location.hash);
  if (wanted) {
    wanted.node.open = true;
    wanted.node.scrollIntoView();
  } else if (rows.length > 0 && (rows[0].scenario.reason || rows.length === 1)) {
    rows[0].node.open = true;
  }
}

arrange();
document.getElementById('page').replaceChildren(...[summaryHeader(), rows.length > 1 && filterBar(), list, runFooter(), tip]
  .filter(Boolean));
list.addEventListener('toggle', (event) => {
  if (event.target.classList.contains('scenario') && event.target.open && event.isTrusted && event.target.matches(':focus-within')) {
    history.replaceState(null, '', '#' + event.target.id);
  }
}, true);
openWanted();
