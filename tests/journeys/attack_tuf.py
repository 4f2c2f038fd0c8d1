"""airlock-tuf between its two folders and a server that plays tricks. The repository is made by openssl and Python
alone: one target of the top-level role, and one of a delegated role."""
from attack_http import *
from stage import *

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "tools"))
import tuf_repository  # noqa: E402

APP, TOOL = "app/1.0/app.bin", "team/tool.bin"


class TufClient(Stage):
    """A repository, an honest server of it, and a client that knows its root."""

    def setUp(self):
        super().setUp()
        self.repository = made = tuf_repository.Repository(self.dir / "repo")
        self.team_key = made.new_key("team")
        self.team = made.new_targets()
        made.delegated["team"] = (self.team_key, self.team)
        made.targets["delegations"] = {"keys": {self.team_key.id: self.team_key.object}, "roles": [
            {**made.rule(self.team_key), "name": "team", "paths": ["team/*"], "terminating": False}]}
        self.content = {APP: b"the app" * 1000, TOOL: b"the tool" * 1000}
        self.publish()
        self.server = self.serve()
        self.tuf("init", made.root_file())

    def publish(self):
        for path, content in self.content.items():
            self.repository.add_target(path, content, self.team if path.startswith("team/") else None)
        self.repository.publish()

    def publish_next(self):
        self.repository.next_version()
        self.content = {path: content + b"!" for path, content in self.content.items()}
        self.publish()

    def serve(self, **options):
        server = HostileServer(self.dir / "repo", **options)
        self.addCleanup(server.close)
        return server

    # ---- the program

    def line(self, command, *args, trust="trust", names=(), server=None, patience=20, extra=()):
        origin = (server or self.server).origin
        named = [word for name in names for word in ("--target-name", name)]
        return ["airlock-tuf", "--metadata-dir", trust, "--metadata-url", f"{origin}/metadata/", "--target-dir",
                "downloads", "--target-base-url", f"{origin}/targets/", "--patience", patience, *named, *extra, command, *args]

    def tuf(self, command, *args, env=None, process=None, **options):
        return self.run_program(*self.line(command, *args, **options), env=env, **(process or {}))

    def download(self, *names, **options):
        return self.tuf("download", names=names or (APP, TOOL), **options)

    def start(self, command="download", names=(APP, TOOL), **options):
        program, *args = map(str, self.line(command, names=names, **options))
        child = subprocess.Popen([BIN / program, *args], cwd=self.dir, env=self.environment(), text=True,
                                 stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        self.children.append(child)
        return child

    # ---- what it leaves

    def files(self, name):
        folder = self.dir / name
        return {path.name: path.read_bytes() for path in folder.iterdir()} if folder.exists() else {}

    def trusted(self):
        return {name: data for name, data in self.files("trust").items() if name.endswith(".json")}

    def version(self, role):
        return json.loads(self.files("trust")[f"{role}.json"])["signed"]["version"]

    def downloaded(self):
        return {urllib.parse.unquote(name): data for name, data in self.files("downloads").items()}

    def assert_clean(self):
        """Only what was proven, under its name, and nothing unfinished."""
        served = {path.read_bytes() for path in (self.dir / "repo/metadata").iterdir()}
        for name, data in self.trusted().items():
            self.assertIn(data, served, name)
        self.assertEqual(set(self.files("trust")) - set(self.trusted()), {"lock"})
        for name, data in self.downloaded().items():
            self.assertEqual(data, self.content.get(name), name)

    def begin_anew(self):
        """As `init` leaves the folders."""
        shutil.rmtree(self.dir / "trust")
        shutil.rmtree(self.dir / "downloads", ignore_errors=True)
        (self.dir / "trust").mkdir()
        shutil.copy(self.repository.root_file(), self.dir / "trust/root.json")

    def recovers(self):
        """With nobody in the way all of it arrives."""
        self.server.tricks.clear()
        self.download()
        self.assertEqual(self.downloaded(), self.content)
        self.assert_clean()
