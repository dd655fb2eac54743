// One verification: the verifier's module and the solver's, each in an instance of its own, and nothing else. Runs in a
// worker, in the page, and in node.

import { Nonsense, Space, layout, readText, transfer, write, writeList } from './abi.js';
import { FUNCTIONS, SOLVING } from './contract.js';

/** Bytes that a solver's memory, and what goes over in one call, may have: as with the command. */
const MEMORY = 1 << 30;
const VALUE = 1 << 28;

const ROLES = ['lock', 'bundle', 'trust', 'policy', 'solver'];

/** The solver did not give an outcome. It says nothing of the lock. */
class Unsolved extends Error {
  constructor(message, hint) {
    super(message);
    this.hint = hint;
  }
}

const TRAP = 'a trap says nothing about the lock; if this is a released solver, please report it';

/** What it means that a call into the solver threw. */
function unsolved(error) {
  if (error instanceof Nonsense) return new Unsolved(`the solver answered nonsense: ${error.message}`);
  // Each engine has its own way of saying that calls nest too deep.
  if (error instanceof RangeError || error?.name === 'InternalError') {
    return new Unsolved('the solver ran out of stack: its calls nest too deep');
  }
  if (error instanceof WebAssembly.RuntimeError) return new Unsolved(`the solver trapped: ${error.message}`, TRAP);
  return new Unsolved(`the solver could not be run: ${error?.message ?? error}`);
}

/** A solver's instance. */
class Solver {
  constructor(bytes) {
    // No import: whatever it asks for, it does not get.
    const instance = new WebAssembly.Instance(new WebAssembly.Module(bytes), {});
    this.exports = instance.exports;
    this.space = new Space(instance.exports);
  }

  /** Carries what is given over, calls, and carries what is returned back. */
  call(name, verifier, given, returned) {
    const { takes, returns } = FUNCTIONS[name];
    const full = `${SOLVING}#${name}`;
    const own = this.space;
    const place = own.make(layout(takes).size, layout(takes).align);
    transfer(takes, verifier, given, own, place, { left: VALUE * 4 });
    const outcome = this.exports[full](place) >>> 0;
    if (own.memory.buffer.byteLength > MEMORY) {
      throw new Unsolved(`the solver needs more than its ${MEMORY >> 20} MiB of memory`);
    }
    transfer(returns, own, outcome, verifier, returned, { left: VALUE });
    this.exports[`cabi_post_${full}`](outcome);
  }
}



/**
 * Verifies. `module` is the verifier, compiled; `files` are `{ role, name, bytes }`; `accept` are sha256s of solvers.
 * Returns the report. `progress` is told of each call into the solver.
 */
export function verify(module, files, accept, progress = () => {}) {
  let solver;
  let calls = 0;
  let failure;
  const solve = (name) => (given, returned) => {
    progress(++calls);
    try {
      solver.call(name, space, given >>> 0, returned >>> 0);
    } catch (error) {
      failure = error instanceof Unsolved ? error : unsolved(error);
      throw failure;
    }
  };
  const instance = new WebAssembly.Instance(module, {
    [SOLVING]: { start: solve('start'), supply: solve('supply') },
    'headlock:page/engine@0.1.0': {
      begin(place, length, returned) {
        let wrong;
        try {
          solver = new Solver(space.bytes(place >>> 0, length >>> 0, 1).slice());
        } catch (error) {
          wrong = String(error?.message ?? error);
        }
        // result<_, string>
        space.view.setUint8(returned >>> 0, wrong === undefined ? 0 : 1);
        if (wrong !== undefined) {
          const [at, bytes] = write(space, wrong);
          space.put32((returned >>> 0) + 4, at);
          space.put32((returned >>> 0) + 8, bytes);
        }
      },
    },
  });
  const space = new Space(instance.exports);
  try {
    // A file: its role, its name, its bytes.
    const given = writeList(space, files, 20, 4, ({ role, name, bytes }, place) => {
      const [nameAt, nameLength] = write(space, name);
      const [bytesAt, bytesLength] = write(space, bytes);
      space.view.setUint8(place, ROLES.indexOf(role));
      [nameAt, nameLength, bytesAt, bytesLength].forEach((number, i) => space.put32(place + 4 + 4 * i, number));
    });
    const accepted = writeList(space, accept, 8, 4, (sha256, place) => {
      const [at, length] = write(space, sha256);
      space.put32(place, at);
      space.put32(place + 4, length);
    });
    const returned = instance.exports.verify(...given, ...accepted) >>> 0;
    const report = JSON.parse(readText(space, space.u32(returned), space.u32(returned + 4)));
    if (report.executed) report.executed.calls = calls;
    return report;
  } catch (error) {
    if (failure) return couldNotCheck(failure.message, failure.hint);
    return couldNotCheck(`the verifier failed: ${error?.message ?? error}`, 'this is a defect of the page, and says nothing of the lock; please report it');
  }
}

/** A report that says why nothing was checked. */
export function couldNotCheck(message, hint) {
  const lines = [`error: ${message}`, ...(hint ? [`  hint: ${hint}`] : [])];
  return { exit: 4, class: 'could-not-check', lines, failure: { message, listed: [], hint: hint ?? null } };
}

/** What a worker does: it is sent one request, and sends what comes of it. */
export function serve(scope) {
  scope.onmessage = ({ data: { verifier, files, accept } }) => {
    const progress = (calls) => scope.postMessage({ calls });
    let report;
    try {
      report = verify(new WebAssembly.Module(verifier), files, accept, progress);
    } catch (error) {
      report = couldNotCheck(`this browser does not run the verifier: ${error?.message ?? error}`);
    }
    scope.postMessage({ report });
  };
}
