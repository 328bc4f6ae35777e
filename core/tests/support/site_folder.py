"""Distributions in a folder of their own, made of metadata and modules as an installer leaves them."""

import textwrap


class Site:
    """A folder on the path that distributions are installed into."""

    def __init__(self, folder):
        self.folder = folder

    def add(
        self, name, *, version="1.0", entry_points="", modules=None, requires=("fairlead>=0.1",), summary="A plugin."
    ):
        """Install a distribution; `modules` are sources by module name."""
        info = self.folder / f"{name.replace('-', '_')}-{version}.dist-info"
        info.mkdir()
        requirements = "".join(f"Requires-Dist: {requirement}\n" for requirement in requires)
        (info / "METADATA").write_text(
            f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\nSummary: {summary}\n{requirements}\nSummary: not this\n"
        )
        (info / "entry_points.txt").write_text(textwrap.dedent(entry_points))
        for module, source in (modules or {}).items():
            (self.folder / f"{module}.py").write_text(textwrap.dedent(source))
