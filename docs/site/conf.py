"""How Sphinx builds the site from README.md, CONTRIBUTING.md and docs/: see `docs/site/build`."""

import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parents[2]

project = "goward"
author = "the goward authors"
project_copyright = author
extensions = ["myst_parser"]
root_doc = "docs/index"
include_patterns = ["*.md", "docs/**.md", "benches/README.md", "tests/*/README.md", "crates/gosumdb/tests/data/README.md"]
source_suffix = {".md": "markdown"}

# Headings have the anchors that GitHub gives them.
myst_heading_anchors = 4
myst_enable_extensions = []
# Blocks may show parts of a file, with `…` for the rest.
suppress_warnings = ["misc.highlighting_failure"]

html_theme = "furo"
html_title = "goward"
html_static_path = ["site.css"]
html_css_files = ["site.css"]
html_show_copyright = False
html_show_sphinx = False
html_copy_source = False
html_theme_options = {"top_of_page_buttons": []}


# An item of a list that is one link to a page.
LINK = re.compile(r"^- \[[^\]]*\]\((\S+\.md)\)$", re.MULTILINE)


def contents():
    """Makes the navigation from the lists of docs/index.md."""
    parts = ["\n"]
    text = (ROOT / "docs/index.md").read_text()
    for section in text.split("\n## ")[1:]:
        title, _, body = section.partition("\n")
        pages = [target.removesuffix(".md") for target in LINK.findall(body)]
        parts += ["```{toctree}", ":hidden:", f":caption: {title}", "", *pages, "```", ""]
    return "\n".join(parts)


def decisions():
    """The same for the list of decisions."""
    text = (ROOT / "docs/decisions/index.md").read_text()
    pages = [target.removesuffix(".md") for target in LINK.findall(text)]
    return "\n".join(["\n```{toctree}", ":hidden:", "", *pages, "```", ""])


def add_navigation(_app, name, source):
    if name == "docs/index":
        source[0] += contents()
    elif name == "docs/decisions/index":
        source[0] += decisions()
    elif not name.startswith("docs/") and f"../{name}\n" not in contents():
        # Documents of directories, which only the pages that need them link to.
        source[0] = "---\norphan: true\n---\n" + source[0]


def setup(app):
    app.connect("source-read", add_navigation)
