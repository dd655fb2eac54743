// The answer as the contract wants it.

import { compareKeys } from './text.js';

// The answer that the queue has come to, with its ceilings.
export function answer(problem, queue, ceilings) {
  const nodes = [...queue.nodes.values()].sort(
    (a, b) => compareKeys(a.release.package.key, b.release.package.key) || a.release.number - b.release.number,
  );
  return {
    roots: bindings(queue.consumer),
    releases: nodes.map((node) => ({
      release: node.release.number,
      features: problem.sortedFeatures([...node.features]),
      bindings: bindings(node),
    })),
    ceilings,
  };
}

function bindings(node) {
  return [...node.bindings]
    .sort(([a], [b]) => compareKeys(a.key, b.key))
    .map(([target, release]) => ({
      package: target.package.number,
      requirement: target.requirement.number,
      to: release.number,
    }));
}
