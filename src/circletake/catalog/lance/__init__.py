"""The embedded search index: LanceDB tables that several processes may read and write at once, on disk or on S3."""

import sys
from importlib.util import find_spec
from types import ModuleType

_REST = "lance_namespace_urllib3_client"


def _without_rest_clients() -> None:
    """Leave out the generated REST clients that LanceDB imports for its own cloud: a third of a command's start.

    Its modules are still found one by one; only the list of all of them, which nothing here asks, is not loaded
    (measured on LanceDB 0.40: 1.1 of 3.5 s). Does nothing where the package is loaded already or is not installed.
    """
    spec = find_spec(_REST) if _REST not in sys.modules else None
    if spec is not None and spec.submodule_search_locations is not None:
        bare = ModuleType(_REST)
        bare.__spec__, bare.__path__ = spec, list(spec.submodule_search_locations)
        sys.modules[_REST] = bare


_without_rest_clients()

from circletake.catalog.lance.index import LanceIndex  # noqa: E402

__all__ = ["LanceIndex"]
