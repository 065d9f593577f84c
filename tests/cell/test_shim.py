"""The script that stands in the place of a shell: its interpreter line, and that it stands alone."""

from __future__ import annotations

import ast
import os
import sys
from pathlib import Path

from vigiles.cell import shim, view


def test_the_interpreter_is_a_real_file_outside_any_virtual_environment() -> None:
    path = Path(shim.interpreter())
    assert path.is_file()
    assert not path.is_symlink()
    assert os.access(path, os.X_OK)
    assert path.is_relative_to(os.path.realpath(sys.base_prefix)) or path == Path(os.path.realpath(sys.executable))


def test_the_script_begins_with_it_and_looks_at_nothing_else() -> None:
    first, rest = shim.text().split("\n", 1)
    assert first == f"#!{shim.interpreter()} -IS"
    assert len(first) < 256  # the kernel's limit
    tree = ast.parse(rest)
    imported = {name.name.split(".")[0] for node in ast.walk(tree) if isinstance(node, ast.Import) for name in node.names}
    imported |= {str(node.module).split(".")[0] for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert imported <= set(sys.stdlib_module_names)


def test_its_socket_lies_where_nobody_inside_may_write() -> None:
    assert shim.SOCKET.startswith(view.SHIM_DIR + "/")
    assert len(shim.SOCKET) < 108
    assert shim.SOCKET in shim.text()
