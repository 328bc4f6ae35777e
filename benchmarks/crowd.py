"""Fill an environment with distributions that are installed in name only, some of them as connector plugins.

They have what importlib.metadata sees of a real one: a package, and a `.dist-info` folder with files of an
ordinary length.
"""

from pathlib import Path

_CLASSIFIERS = """\
Classifier: Development Status :: 5 - Production/Stable
Classifier: Intended Audience :: Developers
Classifier: License :: OSI Approved :: Apache Software License
Classifier: Operating System :: OS Independent
Classifier: Programming Language :: Python
Classifier: Programming Language :: Python :: 3
Classifier: Programming Language :: Python :: 3.11
Classifier: Programming Language :: Python :: 3.12
Classifier: Programming Language :: Python :: 3.13
Classifier: Topic :: Software Development :: Libraries
"""

_README_LINES = 170
_FILES = 40


def crowd(site_packages: Path, *, distributions: int, connectors: int) -> None:
    """Add distributions until there are that many in all, so many of them with a connector.

    Every other one of the rest has a console script.
    """
    missing_connectors = connectors - _connectors_in(site_packages)
    for number in range(distributions - len(list(site_packages.glob("*.dist-info")))):
        if number < missing_connectors:
            _add(
                site_packages,
                f"connector_{number:03}",
                requirement="fairlead>=0.1",
                entry_points=f"[fairlead.connectors]\nsystem_{number:03} = connector_{number:03}:Connector\n",
            )
        elif number % 2:
            script = f"[console_scripts]\nlibrary-{number:03} = library_{number:03}:main\n"
            _add(site_packages, f"library_{number:03}", requirement="requests>=2.31", entry_points=script)
        else:
            _add(site_packages, f"library_{number:03}", requirement="requests>=2.31", entry_points="")


def _connectors_in(site_packages: Path) -> int:
    every = (path.read_text() for path in site_packages.glob("*.dist-info/entry_points.txt"))
    return sum("[fairlead.connectors]" in text for text in every)


def _add(site_packages: Path, name: str, *, requirement: str, entry_points: str) -> None:
    package = site_packages / name
    package.mkdir()
    (package / "__init__.py").touch()
    information = site_packages / f"{name}-1.0.0.dist-info"
    information.mkdir()
    (information / "METADATA").write_text(_metadata(name, requirement))
    (information / "WHEEL").write_text(
        "Wheel-Version: 1.0\nGenerator: crowd\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    )
    (information / "INSTALLER").write_text("uv\n")
    (information / "RECORD").write_text(_record(name, information.name))
    if entry_points:
        (information / "entry_points.txt").write_text(entry_points)


def _metadata(name: str, requirement: str) -> str:
    headers = (
        f"Metadata-Version: 2.4\nName: {name.replace('_', '-')}\nVersion: 1.0.0\nSummary: What {name} does, in one line\n"
        f"Author: The authors of {name}\nLicense-Expression: Apache-2.0\nKeywords: one,two,three\n{_CLASSIFIERS}"
        f"Requires-Python: >=3.11\nRequires-Dist: {requirement}\nRequires-Dist: typing-extensions>=4.12\n"
        "Requires-Dist: pytest>=8; extra == 'test'\nProvides-Extra: test\nDescription-Content-Type: text/markdown\n"
    )
    readme = "".join(f"Line {line} of the description, as long as such lines are.\n" for line in range(_README_LINES))
    return f"{headers}\n{readme}"


def _record(name: str, information: str) -> str:
    files = [f"{name}/module_{number:02}.py" for number in range(_FILES)]
    files += [f"{information}/{file}" for file in ("METADATA", "WHEEL", "INSTALLER")]
    lines = [f"{file},sha256={'x' * 43},1234\n" for file in files]
    return f"{''.join(lines)}{information}/RECORD,,\n"
