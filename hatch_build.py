"""What the package index shows: README.md, whose links within the repository lead there."""

import re
from pathlib import Path

from hatchling.metadata.plugin.interface import MetadataHookInterface

# Where a link leads to that leads to no other place.
WITHIN = re.compile(r"\]\((?!https?:|#)([^)]+)\)")


def outside(text, source, version):
    """Markdown with absolute addresses of the files, as they are in a version of the source."""
    pictures = source.replace("github.com", "raw.githubusercontent.com")

    def address(link):
        path = link[1]
        folder = pictures if path.endswith(".png") else f"{source}/blob"
        return f"]({folder}/v{version}/{path})"

    return WITHIN.sub(address, text)


class CustomMetadataHook(MetadataHookInterface):
    """Called by hatchling when it builds or installs the package."""

    def update(self, metadata):
        """Set the text that the index shows."""
        text = (Path(self.root) / "README.md").read_text(encoding="utf-8")
        metadata["readme"] = {
            "content-type": "text/markdown",
            "text": outside(text, metadata["urls"]["Source"], metadata["version"]),
        }
