from __future__ import annotations

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vigiles.model.observation.files import FileFlag
from vigiles.ruleset.flags import PATTERNS, file_flags, link_flags
from vigiles.ruleset.profile import HELD_FLAGS


@pytest.mark.parametrize(
    ("path", "flags"),
    [
        (".git/hooks/pre-commit", ["git_hook"]),
        ("/home/a/repo/.git/hooks/post-checkout", ["git_hook"]),
        (".git/modules/sub/hooks/pre-push", ["git_hook"]),
        (".git/rebase-merge/git-rebase-todo", ["git_hook"]),
        (".git/worktrees/w/rebase-merge/git-rebase-todo", ["git_hook"]),
        ("bare.git/hooks/update", ["git_hook"]),
        (".GIT/Hooks/pre-commit", ["git_hook"]),
        (".husky/pre-commit", ["git_hook"]),
        (".pre-commit-config.yaml", ["git_hook"]),
        (".git/config", ["git_config"]),
        (".git/config.worktree", ["git_config"]),
        (".git/worktrees/x/gitdir", ["git_config"]),
        (".git/modules/sub/config", ["git_config"]),
        (".git/info/attributes", ["git_config"]),
        (".git/objects/info/alternates", ["git_config"]),
        ("/home/u/.gitconfig", ["git_config"]),
        ("/home/u/.config/git/config", ["git_config"]),
        (".git/modules/objects/config", ["git_config"]),
        ("x.git/objects/sub/.git/config", ["git_config"]),
        ("lefthook.toml", ["git_hook"]),
        (".hg/hgrc", ["git_config"]),
        (".jj/repo/config.toml", ["git_config"]),
        (".git", ["git_dir"]),
        ("sub/.git/", ["git_dir"]),
        ("/home/u/.bashrc", ["shell_startup"]),
        ("/home/u/.config/fish/conf.d/x.fish", ["shell_startup"]),
        (".envrc", ["shell_startup"]),
        (".vscode/tasks.json", ["editor_config"]),
        (".idea/workspace.xml", ["editor_config"]),
        ("x.code-workspace", ["editor_config"]),
        (".devcontainer/devcontainer.json", ["editor_config"]),
        (".helix/languages.toml", ["editor_config"]),
        (".v\u017fcode/tasks.json", ["editor_config"]),
        (".vs\u200dcode/tasks.json", ["editor_config"]),
        (".git./hooks /pre-commit", ["git_hook"]),
        (".gitpod.yml", ["shell_startup"]),
        (".github/hooks/x.json", ["agent_config"]),
        (".claude/settings.json", ["agent_config"]),
        ("CLAUDE.md", ["agent_config"]),
        ("sub/AGENTS.md", ["agent_config"]),
        (".mcp.json", ["agent_config"]),
        (".cursor/rules/x.mdc", ["agent_config"]),
        (".codex/config.toml", ["agent_config"]),
        (".github/copilot-instructions.md", ["agent_config"]),
        ("/etc/cron.d/x", ["system_startup"]),
        ("/home/u/.config/systemd/user/x.service", ["system_startup"]),
        ("/home/u/.ssh/authorized_keys", ["system_startup"]),
        ("/home/u/.ssh/rc", ["system_startup"]),
        ("Makefile", ["build"]),
        ("pyproject.toml", ["build"]),
        ("tests/conftest.py", ["build"]),
        ("package.json", ["build"]),
        ("CMakeLists.txt", ["build"]),
        ("build.rs", ["build"]),
        ("lib/x.pth", ["build"]),
        ("vite.config.ts", ["build"]),
        (".github/workflows/ci.yml", ["build"]),
        ("./a/../Makefile", ["build"]),
        (".vscode/Makefile", ["build", "editor_config"]),
    ],
)
def test_files_that_others_obey(path: str, flags: list[str]) -> None:
    assert file_flags(path) == flags


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/",
        "src/main.py",
        "README.md",
        "hooks/pre-commit.py",
        "config",
        "src/config/settings.py",
        ".git/hooks/pre-commit.sample",
        ".git/objects/ab/cdef",
        ".git/refs/heads/main",
        ".git/refs/heads/config",
        ".git/HEAD",
        ".git/index",
        ".git/info/exclude",
        ".gitignore",
        "makefiles/readme.txt",
        "my.package.json.txt",
        "vscode/tasks.json",
        "claude.txt",
        "docs/git/hooks.md",
    ],
)
def test_ordinary_work_has_no_flag(path: str) -> None:
    assert file_flags(path) == []


@pytest.mark.parametrize(
    ("path", "flags"),
    [
        (".git/info", ["git_dir"]),
        ("a/.git/modules/x", ["git_dir"]),
        (".git", []),
        (".github", ["build", "agent_config"]),
        (".vscode", ["editor_config"]),
        (".config", ["git_config", "shell_startup", "editor_config", "system_startup"]),
        (".hg", ["git_config"]),
        ("etc", []),
        ("lib", []),
        ("etc/cron.d", ["system_startup"]),
        ("src/link", []),
    ],
)
def test_a_link_in_the_place_of_a_folder_of_such_files(path: str, flags: list[str]) -> None:
    assert link_flags(path) == flags


@given(st.text(max_size=60))
def test_any_path_has_an_answer_without_repeats(path: str) -> None:
    flags = file_flags(path)
    assert len(flags) == len(set(flags))
    assert set(flags) <= set(get_args(FileFlag))


def test_data_is_folded_and_every_flag_has_data() -> None:
    for pattern in PATTERNS:
        parts = [part for run in (*pattern.inside, *pattern.paths) for part in run]
        for word in (*pattern.names, *pattern.endings, *parts):
            assert word == word.lower()
            assert "/" not in word
    assert {pattern.flag for pattern in PATTERNS} == set(get_args(FileFlag))
    assert set(HELD_FLAGS) == set(get_args(FileFlag)) - {"build"}
