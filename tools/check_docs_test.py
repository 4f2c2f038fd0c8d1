#!/usr/bin/env python3
"""See tools/check_docs.py find where the two READMEs differ: faults are planted into copies of them."""
import pathlib
import tempfile
import unittest

import check_docs

ROOT = pathlib.Path(__file__).resolve().parent.parent
FIRST, TRANSLATION = check_docs.LANGUAGES


def faults_of(change, page=TRANSLATION):
    """The faults of both READMEs, once `change` went over the text of one of them."""
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        for name in check_docs.LANGUAGES:
            text = (ROOT / name).read_text()
            (root / name).write_text(change(text) if name == page else text)
        return list(check_docs.check_languages(root))


class Languages(unittest.TestCase):
    def assert_refused(self, before, after, why, page=TRANSLATION):
        self.assertIn(before, (ROOT / page).read_text())
        (fault,) = faults_of(lambda text: text.replace(before, after, 1), page)
        self.assertIn(f"{TRANSLATION}: not the {why} of {FIRST}: ", fault)

    def test_are_in_step(self):
        self.assertEqual(faults_of(lambda text: text), [])

    def test_have_the_same_headings(self):
        self.assert_refused("\n## 试一试\n", "\n", "headings")
        self.assert_refused("\n## 试一试\n", "\n### 试一试\n", "headings")
        self.assert_refused("\n## Read on\n", "\n## Read on\n\n## And more\n", "headings", FIRST)

    def test_have_the_same_commands_byte_for_byte(self):
        self.assert_refused("    make demo ", "    make  demo ", "commands")
        self.assert_refused("    make test ", "    make tests ", "commands", FIRST)
        self.assert_refused("    make fuzz ", "    make peers\n    make fuzz ", "commands", FIRST)

    def test_may_translate_the_remarks_behind_them(self):
        self.assertEqual(faults_of(lambda text: text.replace("# 所有解析器", "# 解析器")), [])

    def test_have_the_same_links_in_the_same_order(self):
        self.assert_refused("(docs/threat-model.md)", "(docs/guides/recover.md)", "links")
        self.assert_refused("](STYLE.md)", "](STYLE.md) [x](STYLE.md)", "links", FIRST)

    def test_name_the_same_folders_and_programs(self):
        self.assert_refused("| `core/` |", "| `kern/` |", "names in code")
        self.assert_refused("| `examples/` | programs", "| examples | programs", "names in code", FIRST)

    def test_have_as_many_drawings(self):
        self.assert_refused("\n## 试一试\n", "\n```\n```\n\n## 试一试\n", "drawings")


if __name__ == "__main__":
    unittest.main()
