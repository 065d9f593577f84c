"""Files that other programs run or obey without being asked: the data, and the question about one path.

An agent that may write files may write these too, and is then executed later by git, a shell, an editor, a build or another
agent, outside the cell. A flag is no verdict: the profile says which flags are held back at apply (``files.held``).
"""

from __future__ import annotations

from typing import get_args

import msgspec

from vigiles.model.observation.files import FileFlag


class Pattern(msgspec.Struct, frozen=True, kw_only=True):
    """When ``flag`` applies. All lower case; paths are compared by their parts, folded to lower case, because some file
    systems are not case-sensitive.

    ``names``: the last part equals one. ``endings``: the last part ends in one. ``inside``: these consecutive parts come
    before the last. ``paths``: the path ends in exactly these parts.
    """

    flag: FileFlag
    names: frozenset[str] = frozenset()
    endings: tuple[str, ...] = ()
    inside: tuple[tuple[str, ...], ...] = ()
    paths: tuple[tuple[str, ...], ...] = ()


def _names(text: str) -> frozenset[str]:
    return frozenset(text.lower().split())


def _paths(text: str) -> tuple[tuple[str, ...], ...]:
    return tuple(tuple(path.split("/")) for path in text.lower().split())


PATTERNS: tuple[Pattern, ...] = (
    Pattern(
        flag="git_hook",
        names=_names(".pre-commit-config.yaml .lefthook.yml lefthook.yml .overcommit.yml"),
        inside=_paths(".githooks .husky"),
    ),
    Pattern(
        flag="git_config",
        names=_names(".gitconfig .gitmodules"),
        inside=_paths(".config/git"),
    ),
    Pattern(flag="git_dir", names=_names(".git")),
    Pattern(
        flag="shell_startup",
        names=_names(
            ".bashrc .bash_profile .bash_login .bash_logout .bash_aliases .profile .zshrc .zshenv .zprofile "
            ".zlogin .zlogout .kshrc .mkshrc .cshrc .tcshrc .login .logout .inputrc .envrc .xprofile .xinitrc "
            ".xsession .xsessionrc .pam_environment .pythonstartup .pythonrc .irbrc .pryrc .rprofile .gdbinit "
            ".lldbinit .tmux.conf .screenrc"
        ),
        inside=_paths(".config/fish .config/environment.d .config/direnv"),
    ),
    Pattern(
        flag="editor_config",
        names=_names(
            ".vimrc .gvimrc .exrc .nvimrc .nvim.lua .emacs .dir-locals.el .dir-locals-2.el .lvimrc .kakrc "
            "devcontainer.json .devcontainer.json"
        ),
        endings=(".code-workspace", ".sublime-project"),
        inside=_paths(
            ".vscode .idea .fleet .zed .vim .emacs.d .devcontainer .theia .vs .config/nvim .config/emacs "
            ".config/helix"
        ),
    ),
    Pattern(
        flag="agent_config",
        names=_names(
            "CLAUDE.md CLAUDE.local.md AGENTS.md AGENTS.override.md AGENT.md GEMINI.md QWEN.md CONVENTIONS.md "
            ".claude.json .mcp.json mcp.json .cursorrules .cursorignore .windsurfrules .clinerules .roorules "
            ".roomodes .goosehints .aider.conf.yml .aiderignore .continuerules opencode.json opencode.jsonc "
            "copilot-instructions.md SKILL.md"
        ),
        inside=_paths(
            ".claude .cursor .codex .gemini .qwen .windsurf .clinerules .roo .continue .kiro .opencode .junie "
            ".amazonq .aider .agents .goose .trae .augment .github/instructions .github/prompts .github/agents "
            ".github/chatmodes"
        ),
    ),
    Pattern(
        flag="system_startup",
        names=_names("crontab rc.local ld.so.preload authorized_keys authorized_keys2"),
        inside=_paths(
            "etc/cron.d etc/cron.hourly etc/cron.daily etc/cron.weekly etc/cron.monthly spool/cron etc/init.d "
            "etc/profile.d etc/systemd lib/systemd .config/systemd .config/autostart .local/share/systemd "
            "etc/xdg/autostart library/launchagents library/launchdaemons etc/sudoers.d etc/pam.d "
            "etc/ld.so.conf.d etc/udev"
        ),
        paths=_paths(
            ".ssh/rc .ssh/config .ssh/environment etc/sudoers etc/passwd etc/shadow etc/environment etc/profile"
        ),
    ),
    Pattern(
        flag="build",
        names=_names(
            "Makefile GNUmakefile Makefile.am Makefile.in configure configure.ac CMakeLists.txt CMakePresets.json "
            "meson.build SConstruct SConscript wscript build.zig build.rs Cargo.toml pyproject.toml setup.py "
            "setup.cfg conftest.py tox.ini noxfile.py pytest.ini tasks.py fabfile.py sitecustomize.py "
            "usercustomize.py manage.py pip.conf .pypirc uv.toml package.json .npmrc .yarnrc .yarnrc.yml "
            ".pnpmfile.cjs pnpm-workspace.yaml gulpfile.js gruntfile.js bunfig.toml .eslintrc.js .eslintrc.cjs "
            ".babelrc.js .babelrc binding.gyp build.gradle build.gradle.kts settings.gradle settings.gradle.kts "
            "gradle.properties init.gradle gradlew pom.xml mvnw build.sbt build.xml Rakefile Gemfile extconf.rb "
            "Package.swift mix.exs rebar.config project.clj composer.json BUILD BUILD.bazel WORKSPACE "
            "WORKSPACE.bazel MODULE.bazel .bazelrc justfile .justfile Taskfile.yml Taskfile.yaml Dockerfile "
            "Containerfile docker-compose.yml docker-compose.yaml compose.yml compose.yaml Vagrantfile "
            "Jenkinsfile .gitlab-ci.yml .travis.yml appveyor.yml azure-pipelines.yml .tool-versions mise.toml "
            ".mise.toml flake.nix default.nix shell.nix"
        ),
        endings=(
            ".mk", ".cmake", ".pth", ".gemspec", ".bzl", ".gradle", ".csproj", ".vcxproj", ".targets",
            ".config.js", ".config.cjs", ".config.mjs", ".config.ts", ".config.mts",
        ),
        inside=_paths(
            ".cargo .mvn .github/workflows .github/actions .circleci .buildkite .gradle gradle/wrapper "
            ".yarn/plugins"
        ),
    ),
)  # fmt: skip

_ORDER: tuple[FileFlag, ...] = get_args(FileFlag)


def file_flags(path: str) -> list[FileFlag]:
    """Return the flags of ``path`` (absolute, or relative to the working directory), in the order of the model's list.

    Pure text: nothing is looked up, so a symbolic link must be given by its own name and by what it points to.
    """
    parts = tuple(part for part in path.lower().split("/") if part not in ("", "."))
    if not parts:
        return []
    found = {pattern.flag for pattern in PATTERNS if _applies(pattern, parts)}
    if inner := _git_part(parts):
        found |= _git_flags(inner)
    return [flag for flag in _ORDER if flag in found]


def _applies(pattern: Pattern, parts: tuple[str, ...]) -> bool:
    last = parts[-1]
    if last in pattern.names or (pattern.endings and last.endswith(pattern.endings)):
        return True
    if any(parts[-len(path) :] == path for path in pattern.paths):
        return True
    return any(_holds(parts[:-1], run) for run in pattern.inside)


def _holds(parts: tuple[str, ...], run: tuple[str, ...]) -> bool:
    return any(parts[at : at + len(run)] == run for at in range(len(parts) - len(run) + 1))


def _git_part(parts: tuple[str, ...]) -> tuple[str, ...]:
    """Return what comes below the first git directory of the path (``.git``, or a bare ``name.git``)."""
    for at, part in enumerate(parts[:-1]):
        if part.endswith(".git"):
            return parts[at + 1 :]
    return ()


def _git_flags(inner: tuple[str, ...]) -> set[FileFlag]:
    flags: set[FileFlag] = set()
    # Submodules and worktrees have hooks and config of their own, deeper down. git's samples do not run. The steps of a
    # rebase that was left unfinished may be commands, which whoever goes on with it runs.
    if ("hooks" in inner[:-1] and not inner[-1].endswith(".sample")) or inner[-1] == "git-rebase-todo":
        flags.add("git_hook")
    if inner[-1] in ("config", "config.worktree") and not {"refs", "logs", "objects"} & set(inner[:-1]):
        flags.add("git_config")
    if inner[-2:] in (("info", "attributes"), ("info", "alternates")) or inner[-1] in ("commondir", "gitdir"):
        flags.add("git_config")
    return flags
