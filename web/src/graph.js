// Pictures of who needs whom: layers from the consumer downwards, as many nodes side by side as there is room for.

const SVG = 'http://www.w3.org/2000/svg';
const HEIGHT = 34;
const GAP = { across: 12, down: 10, layer: 34 };

/** For each node, over how few others it is reached; those that nothing leads to come last. */
export function levels(nodes, roots) {
  const level = nodes.map(() => Infinity);
  let now = [...new Set(roots)];
  for (let depth = 0; now.length > 0; depth++) {
    now.forEach((node) => (level[node] = depth));
    now = [...new Set(now.flatMap((node) => nodes[node].needs))].filter((node) => level[node] === Infinity);
  }
  const deepest = Math.max(0, ...level.filter((depth) => depth !== Infinity));
  return level.map((depth) => (depth === Infinity ? deepest + 1 : depth));
}

/** Where nodes go, in layers as wide as the picture; each layer in the order of what needs its nodes, to keep lines short. */
export function place(nodes, level, most, width) {
  const across = Math.max(1, Math.floor((width + GAP.across) / (150 + GAP.across)));
  const wide = (width - GAP.across * (across - 1)) / across;
  const places = new Map();
  const neededBy = new Map();
  nodes.forEach((node, from) => node.needs.forEach((to) => neededBy.set(to, [...(neededBy.get(to) ?? []), from])));
  let top = 4;
  const deepest = Math.min(most, Math.max(0, ...level));
  const layers = [];
  for (let depth = 0; depth <= deepest; depth++) {
    const layer = nodes.map((_, number) => number).filter((number) => level[number] === depth);
    const weight = (number) => {
      const above = (neededBy.get(number) ?? []).map((from) => places.get(from)).filter(Boolean);
      return above.length === 0 ? 0 : above.reduce((sum, { x }) => sum + x, 0) / above.length;
    };
    const keyed = layer.map((number) => ({ number, group: nodes[number].group, weight: weight(number) }));
    keyed.sort((a, b) => a.group - b.group || a.weight - b.weight || a.number - b.number);
    const start = top;
    keyed.forEach(({ number }, order) => {
      const row = Math.floor(order / across);
      const inRow = Math.min(across, keyed.length - row * across);
      const left = (width - (inRow * wide + (inRow - 1) * GAP.across)) / 2;
      places.set(number, { x: left + (order % across) * (wide + GAP.across), y: start + row * (HEIGHT + GAP.down) });
    });
    const rows = Math.ceil(keyed.length / across);
    if (rows > 0) top = start + rows * (HEIGHT + GAP.down) - GAP.down + GAP.layer;
    layers.push({ depth, top: start, count: keyed.length });
  }
  return { places, wide, height: top - GAP.layer + 8, layers };
}

function element(name, attributes, ...children) {
  const made = document.createElementNS(SVG, name);
  Object.entries(attributes).forEach(([key, value]) => made.setAttribute(key, value));
  made.append(...children);
  return made;
}

/** A text of a box, squeezed where it is too long: all of it is there. */
function written(text, wide, each, attributes) {
  const squeezed = text.length * each > wide - 18 ? { textLength: wide - 18, lengthAdjust: 'spacingAndGlyphs' } : {};
  return element('text', { x: 9, ...attributes, ...squeezed }, text);
}

/**
 * Draws. A node is `{ label, detail, spoken, group, needs }`, where what is spoken holds what is
 * written, and `named` if it is what a failure is about; `chosen` is called with a node's number. Returns the picture
 * and a function that shows a node as chosen.
 */
export function draw({ id, title, description, nodes, level, most, width, chosen }) {
  const { places, wide, height } = place(nodes, level, most, width);
  const svg = element('svg', {
    viewBox: `0 0 ${width} ${height}`,
    width,
    height,
    role: 'group',
    'aria-labelledby': `${id}-title ${id}-desc`,
    class: 'graph',
  });
  const lines = element('g', { class: 'lines', 'aria-hidden': 'true' });
  const boxes = element('g', { class: 'boxes' });
  svg.append(element('title', { id: `${id}-title` }, title), element('desc', { id: `${id}-desc` }, description), lines, boxes);
  const paths = [];
  places.forEach(({ x, y }, from) => {
    for (const to of nodes[from].needs) {
      const end = places.get(to);
      if (!end) continue;
      const [x1, x2] = [x + wide / 2, end.x + wide / 2];
      const down = end.y > y;
      const [y1, y2] = down ? [y + HEIGHT, end.y] : [y, end.y + HEIGHT];
      const bend = Math.min(60, Math.abs(y2 - y1) / 2 + 8) * (down ? 1 : -1);
      const path = element('path', { d: `M${x1} ${y1} C${x1} ${y1 + bend} ${x2} ${y2 - bend} ${x2} ${y2}` });
      paths.push({ from, to, path });
      lines.append(path);
    }
  });
  const drawn = [...places.keys()];
  const groups = new Map();
  const show = (number, focus) => {
    groups.forEach((group, other) => {
      const near = paths.some(({ from, to }) => (from === number && to === other) || (to === number && from === other));
      group.classList.toggle('chosen', other === number);
      group.classList.toggle('near', near);
      group.setAttribute('aria-pressed', String(other === number));
      group.setAttribute('tabindex', other === number ? '0' : '-1');
    });
    paths.forEach(({ from, to, path }) => {
      path.classList.toggle('out', from === number);
      path.classList.toggle('in', to === number);
    });
    svg.classList.toggle('choosing', groups.has(number));
    if (!groups.has(number)) groups.get(drawn[0])?.setAttribute('tabindex', '0');
    if (focus) groups.get(number)?.focus();
  };
  drawn.forEach((number, order) => {
    const { x, y } = places.get(number);
    const node = nodes[number];
    const group = element(
      'g',
      {
        class: `box group-${node.group % 6}`,
        transform: `translate(${x} ${y})`,
        role: 'button',
        tabindex: order === 0 ? '0' : '-1',
        'aria-pressed': 'false',
        'aria-label': node.spoken,
      },
      element('rect', { width: wide, height: HEIGHT, rx: 6 }),
      written(node.label, wide, 7.3, { y: 14, class: 'label' }),
      ' ',
      written(node.detail, wide, 6.6, { y: 27, class: 'detail' }),
    );
    if (node.named) {
      group.classList.add('named');
      group.append(element('path', { class: 'sign', d: `M${wide - 12} 9v9m0 5v3` }));
    }
    group.addEventListener('click', () => chosen(number));
    group.addEventListener('keydown', (event) => {
      const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
      const next = event.key === 'Home' ? 0 : event.key === 'End' ? drawn.length - 1 : order + (step ?? 0);
      if (event.key === 'Enter' || event.key === ' ') {
        event.preventDefault();
        chosen(number);
      } else if (next !== order && drawn[next] !== undefined) {
        event.preventDefault();
        groups.forEach((other) => other.setAttribute('tabindex', '-1'));
        groups.get(drawn[next]).setAttribute('tabindex', '0');
        groups.get(drawn[next]).focus();
      }
    });
    groups.set(number, group);
    boxes.append(group);
  });
  return { svg, show, drawn: drawn.length };
}
