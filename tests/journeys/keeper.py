"""Whoever keeps a repository, for the journeys about its keys."""
from stage import *


class Keeper(Stage):
    """A vendor whose repository is kept with the commands of `airlock repo`."""

    def setUp(self):
        super().setUp()
        self.make_vendor()

    def repo(self, command, *args, repo="repo", **options):
        return self.airlock("repo", command, "--repo", repo, *args, **options)

    def make_key(self, name, *extra):
        self.airlock("keys", "make", name, "--door", "repository", *extra)
        return f"{name}.key"

    def waiting(self, *extra, repo="repo", **options):
        """What waits, by role; what is complete goes in."""
        shown = json.loads(self.repo("sign", "--json", *extra, repo=repo, **options))
        return {draft["role"]: draft for draft in shown["drafts"]}

    def sign_draft(self, role, key, *extra, repo="repo", **options):
        """Signs the digest that is shown."""
        digest = self.waiting(*extra, repo=repo, **options)[role]["digest"]
        return json.loads(self.repo("sign", "--role", role, "--key", key, "--digest", digest, "--json", *extra,
                                    repo=repo, **options))

    def timestamp(self, *keys, **options):
        self.repo("timestamp", *(x for key in keys for x in ("--key", key)), **options)

    def check(self, *extra, **options):
        """What `repo check` found, its exit status, and the codes of what it found."""
        try:
            shown, status = self.repo("check", "--json", *extra, **options), 0
        except Refused as refused:
            shown, status = refused.text.splitlines()[0], refused.status
        found = json.loads(shown)
        return found, status, {(one["level"], one["code"]) for one in found["findings"]}

    def newest(self, role):
        versions = [int(path.name.split(".")[0]) for path in (self.dir / "repo/metadata").glob(f"*.{role}.json")]
        return max(versions)
