"""Settings of Sphinx for the site, which ./scripts/docs builds from the staged pages."""

import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "generated"), str(ROOT / "overrides"), str(ROOT / "scripts")]

from chessa import __version__ as release  # noqa: E402  (after the path that finds it)

_PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]

project = "chessa"
author = "The chessa authors"
project_copyright = author
version = release
language = "en"

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
exclude_patterns = ["index_contents.md"]

# Pages: Markdown as GitHub reads it, with its anchors.
myst_heading_anchors = 4
myst_enable_extensions = ["tasklist"]
suppress_warnings = ["misc.highlighting_failure"]  # output of programs has no language

# The API reference: docstrings with Args, Returns and Raises; a single backtick is code.
default_role = "code"
autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_typehints_format = "short"
autodoc_preserve_defaults = True
autodoc_inherit_docstrings = False  # not the ones of httpx
autodoc_class_signature = "separated"  # what a constructor takes is on the pages
napoleon_numpy_docstring = False
napoleon_use_rtype = False
napoleon_use_ivar = True
python_use_unqualified_type_names = True
python_maximum_signature_line_length = 88
add_module_names = False

html_theme = "furo"
pygments_dark_style = "github-dark"
html_favicon = "_static/icon.svg"
html_title = f"chessa {release}"
html_baseurl = _PROJECT["urls"]["Documentation"] + "/"
html_static_path = ["_static"]
html_css_files = ["style.css"]
html_copy_source = False
html_show_sphinx = False
html_theme_options = {"navigation_with_keys": True}
