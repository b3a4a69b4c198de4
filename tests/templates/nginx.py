"""Read the configuration of Nginx as Nginx does: words, directives and blocks, and what a block inherits."""

import re
from dataclasses import dataclass, field

TOKEN = re.compile(
    r"""(?P<space>\s+|\#[^\n]*)
    |(?P<sign>[;{}])
    |"(?P<double>(?:\\.|[^"\\])*)"(?=[\s;{)])
    |'(?P<single>(?:\\.|[^'\\])*)'(?=[\s;{)])
    |(?P<word>(?:\\.|\$\{\w+\}|[^\s;{"'\\])(?:\\.|\$\{\w+\}|[^\s;{\\])*)""",
    re.DOTALL | re.VERBOSE,
)


@dataclass
class Block:
    """A block with its directives in order, each (name, *words) or another block; `words` are those before its `{`."""

    words: tuple = ()
    outer: "Block | None" = None
    directives: list = field(default_factory=list)

    def all(self, *start):
        """Return the words behind `start` of each directive that begins so, as text."""
        return [" ".join(one[len(start) :]) for one in self.directives if one[: len(start)] == start]

    def one(self, *start):
        (found,) = self.all(*start)
        return found

    def blocks(self, *start):
        """Return the blocks inside that begin with these words."""
        return [one[-1] for one in self.directives if isinstance(one[-1], Block) and one[: len(start)] == start]

    def block(self, *start):
        (found,) = self.blocks(*start)
        return found

    def inherited(self, *names):
        """Return (name, *words) of what holds here for directives of these names."""
        own = [one for one in self.directives if one[0] in names]
        return own or (self.outer.inherited(*names) if self.outer else [])

    @property
    def access(self):
        """Who comes in here: (addresses that are allowed, file of those who have a password); None where everybody."""
        rules, users = self.inherited("allow", "deny"), self.inherited("auth_basic")
        if not rules and users in ([], [("auth_basic", "off")]):
            return None
        assert self.inherited("satisfy") == [("satisfy", "any")]
        assert rules[-1] == ("deny", "all")
        files = self.inherited("auth_basic_user_file")
        password = files[0][1] if users and users[0][1] != "off" else ""
        return [one[1] for one in rules[:-1]], password

    @property
    def headers(self):
        """The headers that an answer from here gets: {name: value}, none twice."""
        pairs = [(one[1], " ".join(one[2:]).removesuffix(" always")) for one in self.inherited("add_header")]
        assert len(dict(pairs)) == len(pairs)
        return dict(pairs)

    def at(self, path):
        """Return the location that answers for a path: the exact one, or the longest prefix and what is inside it."""
        found = {" ".join(one.words[1:-1]): [] for one in self.blocks("location")}
        for one in self.blocks("location"):
            found[" ".join(one.words[1:-1])].append(one)
        for one in found.get("=", []):
            if one.words[-1] == path:
                return one
        prefixes = [one for kind in ("", "^~") for one in found.get(kind, []) if path.startswith(one.words[-1])]
        best = max(prefixes, key=lambda one: len(one.words[-1]), default=None)
        if best is not None and best.words[1] == "^~":
            return best.at(path)
        matching = [one for one in found.get("~", []) if re.search(one.words[-1], path)]
        return matching[0] if matching else best.at(path) if best is not None else self

    def walk(self):
        """Yield this block and all inside."""
        yield self
        for block in self.blocks():
            yield from block.walk()


def tokens(text):
    """Yield (kind, text) of each word and sign; ValueError where Nginx would not know what it reads."""
    place = 0
    while place < len(text):
        match = TOKEN.match(text, place)
        if not match:
            raise ValueError(f"no word: {text[place : place + 80]!r}")
        place = match.end()
        if match.lastgroup in ("double", "single"):
            yield "word", re.sub(r"\\([\"'\\])", r"\1", match[match.lastgroup])
        elif match.lastgroup != "space":
            yield match.lastgroup, match[match.lastgroup]


def read(text):
    """Return a configuration as a block."""
    block, words = Block(), []
    for kind, token in tokens(text):
        if kind == "word":
            words.append(token)
        elif token == ";":
            block.directives.append(tuple(words))
            words = []
        elif token == "{":
            inner = Block(tuple(words), block)
            block.directives.append((*words, inner))
            block, words = inner, []
        else:
            if words or block.outer is None:
                raise ValueError(f"`}}` after {words}")
            block = block.outer
    if words or block.outer is not None:
        raise ValueError(f"ends within {words or block.words}")
    return block
