// Outcomes as the scenarios write them.

export function outcomeText(outcome, host) {
  if (outcome.tag !== 'solved') return outcome.tag;
  const { tables, releases } = host.world;
  const version = (number) => tables.versions[releases[number].version];
  const name = (number) => host.packageName(number).replace(/^main\//, '');
  const binding = ({ package: target, requirement, to }) =>
    `  ${name(target)} ${requirementText(tables.requirements[requirement])} -> ${version(to)}`;
  const answer = outcome.val;
  const lines = ['consumer', ...answer.roots.map(binding)];
  for (const { release, features, bindings } of answer.releases) {
    const on = [...features].map((feature) => ` +${tables.features[feature]}`).join('');
    lines.push(`${name(releases[release].package)} ${version(release)}${on}`, ...bindings.map(binding));
  }
  if (answer.ceilings.length > 0) lines.push(`ceilings ${answer.ceilings.map(({ item }) => item).join(' ')}`);
  return lines.join('\n');
}

function requirementText({ range, content }) {
  if (content === undefined) return range;
  const digits = content.map((number) => number.toString(16).padStart(16, '0')).join('');
  return `${range} #${digits.replace(/0+$/, '')}`;
}
