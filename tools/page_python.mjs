// Compile the part of Python's library that every start needs: run by tools/page_python.py, with
// the folder of the npm package and the file to write. Pyodide brings the library as sources; to
// compile them takes most of the time until the first answer, in each visit of each reader.
import { readFileSync, writeFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const [folder, target] = process.argv.slice(2);
const { loadPyodide } = await import(pathToFileURL(`${folder}/pyodide.mjs`).href);
const python = await loadPyodide({ indexURL: folder });
python.FS.writeFile("/sources.zip", readFileSync(`${folder}/python_stdlib.zip`));
python.runPython(`
import sys
# What the session uses besides (book/_ext/deeper/python/session.py, and convcost behind it).
import decimal, fractions, math, pprint, random, re, statistics, symtable
wanted = {name.replace(".", "/") for name in sys.modules}

import zipfile
from importlib._bootstrap_external import _code_to_hash_pyc
from importlib.util import source_hash

def entry(name):
    return zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))  # the same for the same sources

with zipfile.ZipFile("/sources.zip") as old, zipfile.ZipFile("/compiled.zip", "w") as new:
    for name in sorted(old.namelist()):
        source = old.read(name)
        if name.removesuffix(".py").removesuffix("/__init__") in wanted:
            # Without docstrings, which are a third; those of Pyodide's own modules are read by it.
            level = 0 if "pyodide" in name else 2
            code = compile(source, name, "exec", dont_inherit=True, optimize=level)
            source = _code_to_hash_pyc(code, source_hash(source), checked=False)
            name += "c"
        new.writestr(entry(name), source, zipfile.ZIP_DEFLATED, 9)
`);
writeFileSync(target, python.FS.readFile("/compiled.zip"));
