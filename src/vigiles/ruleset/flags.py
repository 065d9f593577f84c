"""Files that other programs run or obey without being asked: the data, and the question about one path.

An agent that may write files may write these too, and is then executed later by git, a shell, an editor, a build or another
agent, outside the cell. A flag is no verdict: the profile says which flags are held back at apply (``files.held``).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
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
        names=_names(
            ".pre-commit-config.yaml .pre-commit-config.yml .overcommit.yml .huskyrc .simple-git-hooks.json "
            ".simple-git-hooks.js .simple-git-hooks.cjs simple-git-hooks.json lefthook.yml lefthook.yaml "
            "lefthook.toml lefthook.json lefthook-local.yml lefthook-local.yaml lefthook-local.toml "
            ".lefthook.yml .lefthook.yaml .lefthook.toml .lefthook.json .lefthook-local.yml"
        ),
        inside=_paths(".githooks .husky .lefthook .lefthook-local"),
    ),
    Pattern(  # Mercurial, Jujutsu, Sapling, Bazaar and Darcs run what theirs says, too
        flag="git_config",
        names=_names(".gitconfig .gitmodules .hgrc"),
        inside=_paths(".config/git .config/hg .config/jj"),
        paths=_paths(
            ".hg/hgrc .hg/hgrc-not-shared .hg/sharedpath .hg/shared .sl/config .sl/sharedpath "
            ".jj/workspace-config.toml .jj/repo/config.toml .bzr/branch/branch.conf .bzr/branch/location "
            "_darcs/prefs/defaults"
        ),
    ),
    Pattern(flag="git_dir", names=_names(".git")),
    Pattern(
        flag="shell_startup",
        names=_names(
            ".bashrc .bash_profile .bash_login .bash_logout .bash_aliases .profile .zshrc .zshenv .zprofile "
            ".zlogin .zlogout .kshrc .mkshrc .cshrc .tcshrc .login .logout .inputrc .envrc .xprofile .xinitrc "
            ".xsession .xsessionrc .pam_environment .pythonstartup .pythonrc .irbrc .pryrc .rprofile .gdbinit "
            ".lldbinit .tmux.conf .screenrc .xonshrc .bash_completion .zpreztorc .autoenv .autoenv.zsh .autoenv_leave.zsh "
            ".psqlrc .sqliterc .radare2rc .gitpod.yml .replit"
        ),
        inside=_paths(".config/fish .config/environment.d .config/direnv"),
    ),
    Pattern(
        flag="editor_config",
        names=_names(
            ".vimrc .gvimrc .exrc .nvimrc .nvim.lua .emacs .dir-locals.el .dir-locals-2.el .lvimrc .kakrc "
            "devcontainer.json .devcontainer.json .lazy.lua .neoconf.json .luarc.json .luarc.jsonc .nvim.vim "
            "rust-analyzer.toml .rust-analyzer.toml .phpactor.json .phpactor.yml"
        ),
        endings=(".code-workspace", ".sublime-project"),
        inside=_paths(
            ".vscode .idea .fleet .zed .vim .emacs.d .devcontainer .theia .vs .config/nvim .config/emacs "
            ".config/helix .helix .nvim .idx .nova .codesandbox .settings"
        ),
    ),
    Pattern(
        flag="agent_config",
        names=_names(
            "CLAUDE.md CLAUDE.local.md AGENTS.md AGENTS.override.md AGENT.md GEMINI.md QWEN.md CONVENTIONS.md "
            ".claude.json .mcp.json mcp.json .cursorrules .cursorignore .windsurfrules .clinerules .roorules "
            ".roomodes .goosehints .aider.conf.yml .aiderignore .continuerules opencode.json opencode.jsonc "
            "copilot-instructions.md SKILL.md .rules CODEX.md CRUSH.md WARP.md IFLOW.md replit.md crush.json .crush.json "
            ".kilocodemodes .codeiumignore .cursorindexingignore .aider.model.settings.yml"
        ),
        inside=_paths(
            ".claude .cursor .codex .gemini .qwen .windsurf .clinerules .roo .continue .kiro .opencode .junie "
            ".amazonq .aider .agents .goose .trae .augment .github/instructions .github/prompts .github/agents "
            ".github/chatmodes .github/hooks .github/skills .github/copilot .openhands .factory .kilocode .kilo .crush "
            ".iflow .aiassistant .tabnine .codebuddy .copilot .claude-plugin .plandex .devin .warp .void .pi .rovodev"
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
            ".mise.toml flake.nix default.nix shell.nix .env"
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
    parts = _parts(path)
    if not parts:
        return []
    found = {pattern.flag for pattern in PATTERNS if _applies(pattern, parts)}
    for inner in _git_parts(parts):
        found |= _git_flags(inner)
    return [flag for flag in _ORDER if flag in found]


def link_flags(path: str) -> list[FileFlag]:
    """Return the flags of what could stand below ``path``, if that is a symbolic link: it puts a whole folder there.

    A link in a git directory is none of git's own. Of places that begin with an ordinary name (``etc``, ``lib``) only the
    whole counts.
    """
    parts = _parts(path)
    found: set[FileFlag] = {"git_dir"} if any(part.endswith(".git") for part in parts[:-1]) else set()
    for pattern in PATTERNS:
        for run in (*pattern.inside, *pattern.paths):
            lengths = range(1, len(run)) if run[0].startswith(".") else ()
            if any(parts[-length:] == run[:length] for length in (*lengths, len(run))):
                found.add(pattern.flag)
    return [flag for flag in _ORDER if flag in found]


def _parts(path: str) -> tuple[str, ...]:
    """Return the parts of a path as a file system that is not case-sensitive compares them (``ſ`` is an ``s`` there).

    Some leave out what nobody sees, like a joiner of width zero, or dots and spaces at the end of a name.
    """
    folded = path.lower()
    if not path.isascii():
        folded = "".join(letter for letter in path.casefold() if unicodedata.category(letter) != "Cf")
    return tuple(part.rstrip(". ") or part for part in folded.split("/") if part not in ("", "."))


def _applies(pattern: Pattern, parts: tuple[str, ...]) -> bool:
    last = parts[-1]
    if last in pattern.names or (pattern.endings and last.endswith(pattern.endings)):
        return True
    if any(parts[-len(path) :] == path for path in pattern.paths):
        return True
    return any(_holds(parts[:-1], run) for run in pattern.inside)


def _holds(parts: tuple[str, ...], run: tuple[str, ...]) -> bool:
    return any(parts[at : at + len(run)] == run for at in range(len(parts) - len(run) + 1))


def _git_parts(parts: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """Give what comes below each git directory of the path (``.git``, or a bare ``name.git``): one may lie in another."""
    for at, part in enumerate(parts[:-1]):
        if part.endswith(".git"):
            yield parts[at + 1 :]


def _git_flags(inner: tuple[str, ...]) -> set[FileFlag]:
    flags: set[FileFlag] = set()
    # Submodules and worktrees have hooks and config of their own, deeper down, below any name: "objects" too. git's samples
    # do not run. The steps of a rebase that was left unfinished may be commands, which whoever goes on with it runs.
    nested = inner[0] in ("modules", "worktrees")
    if ("hooks" in inner[:-1] and not inner[-1].endswith(".sample")) or inner[-1].startswith("git-rebase-todo"):
        flags.add("git_hook")
    if inner[-1] in ("config", "config.worktree") and (nested or not {"refs", "logs", "objects"} & set(inner[:-1])):
        flags.add("git_config")
    if inner[-2:] in (("info", "attributes"), ("info", "alternates")) or inner[-1] in ("commondir", "gitdir"):
        flags.add("git_config")
    return flags
