"""What loading the catalogue costs: nothing that only LanceDB's own cloud needs."""

from __future__ import annotations

import subprocess
import sys


def test_the_clients_of_a_cloud_are_not_loaded():
    script = (
        "import sys, circletake.catalog.lance\n"
        "print(sorted(n for n in sys.modules if n.startswith('lance_namespace_urllib3_client.api')))\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
