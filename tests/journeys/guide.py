"""A reader of the guides, for journeys that play one: he types a section's commands as they are printed, each at a
terminal, and signs the digest that stands on his screen."""
from stage import *

GUIDES = pathlib.Path(__file__).resolve().parents[2] / "docs" / "guides"
SIGNS = "digest to sign it: "
SHOWN = re.compile(r"^(?:Manifest|\s*digest) +([0-9a-f]{64})", re.MULTILINE)


def blocks_of(guide, heading):
    """The blocks of commands under a heading of a guide, each a list of (command, the remark behind it)."""
    section = re.split(rf"^#+ {re.escape(heading)}\n", (GUIDES / guide).read_text(), flags=re.MULTILINE)[1]
    lines = re.split(r"^#", section, flags=re.MULTILINE)[0].split("\n")
    blocks, before = [], ""
    for line in lines:
        if line.startswith("    "):
            if not before.startswith("    "):
                blocks.append([])
            blocks[-1].append(line.strip())
        before = line
    return [[command_of(line) for line in "\n".join(block).replace("\\\n", " ").split("\n")] for block in blocks]


def script_of(guide):
    """Every command of a guide, in its order, as a shell reads it. What a program answers begins with its error."""
    blocks = re.findall(r"^(?:    .*\n|\n(?=    ))+", (GUIDES / guide).read_text(), flags=re.MULTILINE)
    script = [re.sub(r"^    ", "", block, flags=re.MULTILINE) for block in blocks]
    return "".join(block for block in script if not block.lstrip().startswith("error: "))


def command_of(line):
    command, _, remark = line.partition(" # ")
    return command.strip(), remark.strip()


def digits_on(screen):
    return SHOWN.findall(screen)[-1][:8] + "\n"


class Guided(Stage):
    guide = None  # the file

    def follow(self, heading, block=0, *, guide=None, changes=(), variables=None):
        """Types a block. `changes` are (what the guide makes up, what the story has for it). A remark that names an error,
        an exit status or a file that went in is held; every other command must succeed. Returns what stood on the screen."""
        screen, before = "", "".join(f'{name}="{value}"\n' for name, value in (variables or {}).items())
        changes = list(changes)
        for command, remark in blocks_of(guide or self.guide, heading)[block]:
            for made_up, real in changes:
                command = command.replace(made_up, str(real))
            shown = self.type(before + command, remark)
            if re.match(r"\w+=", command):
                before += command + "\n"
            screen += shown
        return screen

    def type(self, command, remark=""):
        signs = re.search(r"airlock (?:repo )?sign .*--key", command)
        shown, status = self.at_terminal(command, [(SIGNS, digits_on)] if signs else [])
        said = f"{command}\nexit {status}\n{shown}"
        if refused := re.match(r"error: (\w+)", remark):
            self.assertIn(refused[0], shown, said)
            self.assertNotEqual(status, 0, said)
        else:
            ends = re.search(r"ends with (\d)", remark)
            self.assertEqual(status, int(ends[1]) if ends else 0, said)
        for promised in re.findall(r"\S+\.json went in", remark):
            self.assertIn(promised, shown, said)
        return shown

    def at_terminal(self, command, answers, env=None):
        return self.talk("/bin/bash", "-c", command, answers=answers, env={"PATH": f"{BIN}:{os.environ['PATH']}", **(env or {})})
