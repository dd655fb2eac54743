// Where a verification runs: in a worker, so that the page can be used, and the solver stopped; in the page where a browser
// gives it none.

import { couldNotCheck, verify } from './verification.js';
import { verifierBytes } from './data.js';

/** How long a solver may take, as with the command. */
const SECONDS = 300;

function worker() {
  const code = [document.getElementById('engine').textContent, 'serve(self);'];
  const url = URL.createObjectURL(new Blob(code, { type: 'text/javascript' }));
  try {
    return new Worker(url);
  } finally {
    URL.revokeObjectURL(url);
  }
}

/** Begins a verification: a promise of its report, and a function that ends it. */
export function begin(files, accept, progress) {
  let stop = () => {};
  const report = (async () => {
    const verifier = await verifierBytes();
    try {
      return await new Promise((resolve, reject) => {
        const own = worker();
        const end = (result) => {
          clearTimeout(timer);
          own.terminate();
          resolve(result);
        };
        const timer = setTimeout(() => end(couldNotCheck(`the solver was stopped after ${SECONDS} s`)), SECONDS * 1000);
        stop = () => end(couldNotCheck('stopped, because you cancelled it'));
        own.onmessage = ({ data }) => (data.report ? end(data.report) : progress(data.calls));
        own.onerror = (event) => {
          event.preventDefault();
          clearTimeout(timer);
          own.terminate();
          reject(new Error(event.message));
        };
        own.postMessage({ verifier, files, accept });
      });
    } catch {
      // Without a worker the page stands still for as long as it takes.
      return verify(await WebAssembly.compile(verifier), files, accept);
    }
  })();
  return { report: report.catch((error) => couldNotCheck(`this browser does not run the verifier: ${error.message}`)), stop: () => stop() };
}
