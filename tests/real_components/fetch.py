"""Gets the archives that list.toml names and lays out what it lists of them: `fetch.py FOLDER`.

Each archive comes from where the machine's own tools get such archives from, and is the one whose sha256 the list has, or
nothing is done with it. Only listed files and folders are written.
"""

import hashlib
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import tomllib
import urllib.request
import zipfile


def crate_index():
    """Where cargo downloads crates from, by the configuration of the index that it uses."""
    cargo_home = pathlib.Path(os.environ.get("CARGO_HOME", pathlib.Path.home() / ".cargo"))
    folders = sorted((cargo_home / "registry" / "index").iterdir())
    for folder in folders:
        host = re.sub(r"-[0-9a-f]+$", "", folder.name)
        try:
            with urllib.request.urlopen(f"https://{host}/config.json", timeout=60) as answer:
                return json.load(answer)["dl"]
        except OSError:
            continue
    sys.exit("no index of crates that this machine's cargo uses answers")


def crate(entry, into, index):
    url = f"{index}/{entry['package']}/{entry['version']}/download"
    with urllib.request.urlopen(url, timeout=300) as answer, open(into / entry["archive"], "wb") as file:
        shutil.copyfileobj(answer, file)


def npm(entry, into):
    name = f"{entry['package']}@{entry['version']}"
    subprocess.run(["npm", "pack", "--silent", "--pack-destination", str(into), name], check=True, stdout=sys.stderr)


def wheel(entry, into):
    name = f"{entry['package']}=={entry['version']}"
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary", ":all:"]
    subprocess.run([*command, "--dest", str(into), name], check=True)


def files(archive):
    """Each file of an archive with its bytes."""
    if archive.suffix == ".whl":
        with zipfile.ZipFile(archive) as whole:
            for info in whole.infolist():
                if not info.is_dir():
                    yield info.filename, whole.read(info)
    else:
        with tarfile.open(archive) as whole:
            for member in whole:
                if member.isfile():
                    yield member.name, whole.extractfile(member).read()


def main():
    folder = pathlib.Path(sys.argv[1])
    entries = tomllib.loads((pathlib.Path(__file__).parent / "list.toml").read_text())["entry"]
    archives = {}
    for entry in entries:
        archives.setdefault(entry["archive"], []).append(entry)
    index = None
    for name, listed in archives.items():
        done = folder / name / ".done"
        if done.exists():
            continue
        with tempfile.TemporaryDirectory() as scratch:
            scratch = pathlib.Path(scratch)
            first = listed[0]
            match first["ecosystem"]:
                case "crates":
                    index = index or crate_index()
                    crate(first, scratch, index)
                case "npm":
                    npm(first, scratch)
                case "pypi":
                    wheel(first, scratch)
            archive = scratch / name
            found = hashlib.sha256(archive.read_bytes()).hexdigest()
            if found != first["archive_sha256"]:
                sys.exit(f"{name}: expected sha256 {first['archive_sha256']}, found {found}")
            wanted = [entry["path"] for entry in listed]
            for path, content in files(archive):
                if not any(path == want or path.startswith(want + "/") for want in wanted):
                    continue
                if ".." in pathlib.PurePosixPath(path).parts:
                    sys.exit(f"{name}: {path} leads out of it")
                target = folder / name / path
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(content)
            done.touch()
    print(f"{len(archives)} archives")


main()
