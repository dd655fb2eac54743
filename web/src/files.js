// What each file is, told by what is in it; its name decides only where that does not.

/** What a person brings, in the order in which it is asked for. */
export const ROLES = [
  { role: 'lock', title: 'Lock', text: 'headlock.lock', needed: true },
  { role: 'bundle', title: 'Bundle', text: 'made by headlock bundle', needed: true },
  { role: 'trust', title: 'Trust file', text: 'whose logs you believe', needed: true },
  { role: 'policy', title: 'Policy', text: 'which the trust file names: the logs’ keys', needed: true },
  { role: 'solver', title: 'Solver', text: 'only where neither this page nor the bundle has it', needed: false },
];

/** More than this a page had better not hold. */
export const MOST_BYTES = 1 << 29;

const begins = (bytes, text) => [...text].every((character, place) => bytes[place] === character.charCodeAt(0));

/** What a file is, or nothing. */
export function roleOf(name, bytes) {
  if (begins(bytes, 'headlock bundle ')) return 'bundle';
  if (begins(bytes, '\0asm')) return 'solver';
  const text = new TextDecoder().decode(bytes.subarray(0, 1 << 16));
  if (/^format = \d/m.test(text)) return 'lock';
  if (/^logs\s*=/m.test(text)) return 'trust';
  if (/^log\s+\S+\+/m.test(text)) return 'policy';
  if (/\.lock$/.test(name)) return 'lock';
  if (/\.bundle$/.test(name)) return 'bundle';
  if (/\.policy$/.test(name)) return 'policy';
  if (/trust[^/]*\.toml$/.test(name)) return 'trust';
  return undefined;
}
