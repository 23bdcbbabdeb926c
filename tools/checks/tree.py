"""The files that a check looks at: those of a git work tree, or of a plain folder (the samples)."""

import dataclasses
import pathlib
import subprocess

SAMPLES = "tools/checks/samples/"
CODE = (".cpp", ".hpp")


@dataclasses.dataclass(frozen=True, order=True)
class Finding:
    """One breach of a rule; line 0 means the file or folder as a whole."""

    path: str
    line: int
    message: str

    def __str__(self):
        place = f"{self.path}:{self.line}" if self.line else self.path
        return f"{place}: {self.message}"


class Tree:
    """Paths are relative to the root, with forward slashes, sorted."""

    def __init__(self, root):
        self.root = pathlib.Path(root)
        if (self.root / ".git").exists():
            listed = subprocess.run(
                ["git", "-C", str(self.root), "ls-files", "-z"], check=True, capture_output=True, text=True
            ).stdout
            paths = [p for p in listed.split("\0") if p and not p.startswith(SAMPLES)]
        else:
            paths = [p.relative_to(self.root).as_posix() for p in self.root.rglob("*") if p.is_file()]
            paths = [p for p in paths if p != "expected.txt"]
        # A file that is deleted but not yet committed is still listed by git.
        self.paths = sorted(p for p in paths if (self.root / p).is_file())
        self._texts = {}

    def files(self, *suffixes):
        """The paths that end with one of the suffixes; all of them without suffixes."""
        return [p for p in self.paths if not suffixes or p.endswith(suffixes)]

    def text(self, path):
        """The content as text; empty for a binary file."""
        if path not in self._texts:
            data = (self.root / path).read_bytes()
            self._texts[path] = "" if b"\0" in data else data.decode("utf-8", errors="replace")
        return self._texts[path]

    def lines(self, path):
        """(number, line) pairs, numbered from one."""
        return enumerate(self.text(path).splitlines(), start=1)

    def exists(self, path):
        return (self.root / path).exists()


def folder(path):
    """The second-level folder of a path, "system/base"; None for a path that is not in one."""
    parts = path.split("/")
    return "/".join(parts[:2]) if len(parts) > 2 else None
