"""Takes the pages at the root of the checkout into the site, and turns links to them."""

import re
from pathlib import PurePosixPath
from posixpath import normpath, relpath
from typing import Any

from mkdocs.structure.files import File, Files

# By their paths in the checkout. What is not here is in docs/, or not part of the site.
_PAGES = {
    "CONTRIBUTING.md": "contributing.md",
    "SECURITY.md": "security.md",
    "CHANGELOG.md": "changelog.md",
    "benchmarks/RESULTS.md": "measurements.md",
    "README.md": "index.md",
    "LICENSE": "license.txt",
    "templates/activations.yaml": "activations.yaml",
}
_LINK = re.compile(r"(?<=\]\()(?![a-z]+:|#)([^)#\s]+)")


def on_files(files: Files, *, config: Any) -> Files:
    """Add the pages (MkDocs calls this when it has listed docs/)."""
    for path, in_site in _PAGES.items():
        if path != "README.md":
            files.append(File.generated(config, in_site, abs_src_path=path))
    return files


def on_page_markdown(markdown: str, *, page: Any, **_: Any) -> str:
    """Turn a page's links, which are right in the checkout, into links within the site."""
    in_site = page.file.src_uri
    origins = {target: path for path, target in _PAGES.items() if path != "README.md"}
    folder = PurePosixPath(origins.get(in_site, f"docs/{in_site}")).parent

    def turned(link: re.Match[str]) -> str:
        path = normpath(folder / link[1])
        target = _PAGES.get(path, path.removeprefix("docs/"))
        return relpath(target, PurePosixPath(in_site).parent)

    return _LINK.sub(turned, markdown)
