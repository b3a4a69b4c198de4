"""Read unit files as systemd does: sections with keys that repeat, words of a command, and what is replaced in them."""

import re

ESCAPES = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v", "s": " "}
# Lists that an empty value clears.
WORD = re.compile(r"""(?:"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|\\.|[^\s"'\\])+""", re.DOTALL)


class Unit(dict):
    """A unit: {section: [(key, value)] in order}."""

    def all(self, section, key):
        """Return the values of a key; an empty one forgets those before it."""
        found = []
        for name, value in self[section]:
            if name == key:
                found = [*found, value] if value else []
        return found

    def one(self, section, key):
        (found,) = self.all(section, key)
        return found

    def last(self, section, key):
        """Return what counts of a key that holds one value: the last."""
        return self.all(section, key)[-1]


def read(text):
    """Return a unit file as a Unit; ValueError where systemd would overlook a line."""
    unit, section = Unit(), None
    for line in re.sub(r"\\\n\s*", " ", text).splitlines():
        line = line.strip()
        if not line or line[0] in "#;":
            continue
        if match := re.fullmatch(r"\[(\w+)\]", line):
            section = unit.setdefault(match[1], [])
        elif section is None or "=" not in line:
            raise ValueError(f"no assignment in a section: {line}")
        else:
            key, _, value = line.partition("=")
            section.append((key.strip(), value.strip()))
    return unit


def unescaped(text):
    """Return a word without its quotes and backslashes; a backslash that means nothing stays."""
    out, quote, place = "", "", 0
    while place < len(text):
        one = text[place]
        place += 1
        if one == "\\":
            code = text[place]
            place += 1
            if code == "x":
                out += chr(int(text[place : place + 2], 16))
                place += 2
            else:
                out += ESCAPES.get(code, code if code in "\"'\\" else f"\\{code}")
        elif one == quote:
            quote = ""
        elif not quote and one in "\"'":
            quote = one
        else:
            out += one
    return out


def specified(word, specifiers):
    """Replace the specifiers of a word: `%%`, and those that are given."""
    return re.sub("%(.)", lambda match: {"%": "%", **specifiers}.get(match[1], f"<specifier {match[1]}>"), word)


def words(command, environment=None, **specifiers):
    """Return what a line `ExecStart=` starts: the words, with variables of the environment in their place."""
    environment, made = environment or {}, []
    text = WORD.sub("", command)
    if text.strip():
        raise ValueError(f"unbalanced quotes: {command}")
    for raw in WORD.findall(command):
        if raw == ";":
            raise ValueError("a second command")
        word = specified(unescaped(raw), specifiers)
        if match := re.fullmatch(r"\$(\w+)", word):
            made += environment.get(match[1], "").split()
        else:
            replace = lambda match: "$" if match[0] == "$$" else environment.get(match[1], "")  # noqa: E731
            made.append(re.sub(r"\$\$|\$\{(\w+)\}", replace, word))
    return made
