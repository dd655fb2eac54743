"""Versions and requirements, by the documentation of the Rust crate `semver` 1.0 and semver.org."""

import unittest

from headlock_verify.versions import parse_range, parse_requirement, parse_version


class Precedence(unittest.TestCase):
    def test_semver_org(self) -> None:
        """Section 11 of SemVer 2.0, and build metadata as the last tie-break."""
        ascending = """1.0.0-alpha 1.0.0-alpha.1 1.0.0-alpha.beta 1.0.0-beta 1.0.0-beta.2 1.0.0-beta.11 1.0.0-rc.1
            1.0.0 1.0.0+0 1.0.0+00 1.0.0+1 1.0.0+01 1.0.0+2 1.0.0+10 1.0.0+a 1.0.0+a.b 1.0.1 1.1.0 2.0.0""".split()
        versions = [parse_version(text) for text in ascending]
        keys = [version.key for version in versions if version is not None]
        self.assertEqual(len(keys), len(ascending))
        self.assertEqual(keys, sorted(keys))
        self.assertEqual(len(set(keys)), len(keys))

    def test_none(self) -> None:
        for text in ("", "1", "1.0", "1.0.0.0", "01.0.0", "1.0.0-", "1.0.0-01", "1.0.0+", f"{2**64}.0.0", "1.0.0 "):
            self.assertIsNone(parse_version(text), text)

    def test_tracks(self) -> None:
        for text, track in {"1.2.3": (1,), "0.1.2": (0, 1), "0.0.3": (0, 0, 3), "1.0.0-rc": (1,)}.items():
            version = parse_version(text)
            assert version is not None
            self.assertEqual(version.track, track)


class Matching(unittest.TestCase):
    CASES = {
        "*": ("0.0.0 1.2.3 9.9.9", "1.0.0-a"),
        "^1.2.3": ("1.2.3 1.2.4 1.3.0 1.2.3+b", "1.2.2 2.0.0 0.9.9 1.3.0-a 1.2.3-a"),
        "^1.2.3-b": ("1.2.3-b 1.2.3-c 1.2.3 1.9.0", "1.2.3-a 1.2.4-b 2.0.0"),
        "^1.2": ("1.2.0 1.9.9", "1.1.9 2.0.0"),
        "^1": ("1.0.0 1.9.9", "0.9.9 2.0.0 1.0.0-a"),
        "^0.2.3": ("0.2.3 0.2.9", "0.3.0 0.2.2"),
        "^0.2": ("0.2.0 0.2.9", "0.3.0 0.1.0"),
        "^0.0.3": ("0.0.3", "0.0.4 0.0.2"),
        "^0.0": ("0.0.0 0.0.9", "0.1.0"),
        "^0": ("0.0.0 0.9.9", "1.0.0"),
        "~1.2.3": ("1.2.3 1.2.9", "1.3.0 1.2.2"),
        "~1.2": ("1.2.0 1.2.9", "1.3.0"),
        "~1": ("1.0.0 1.9.9", "2.0.0"),
        "=1.2.3": ("1.2.3 1.2.3+b", "1.2.4"),
        "=1.2": ("1.2.0 1.2.9", "1.3.0"),
        ">1.2": ("1.3.0 2.0.0", "1.2.0 1.2.9 1.1.0"),
        ">1": ("2.0.0", "1.0.0 1.9.9"),
        ">1.2.3-a": ("1.2.3-b 1.2.3 1.2.4", "1.2.3-a 1.2.4-b"),
        ">=1.2": ("1.2.0 9.0.0", "1.1.9"),
        "<1.2": ("1.1.9 0.0.0", "1.2.0 1.3.0"),
        "<1.2.3": ("1.2.2", "1.2.3 1.2.3-a"),
        "<=1.2": ("1.2.0 1.2.9 0.0.0", "1.3.0"),
        "1.*": ("1.0.0 1.9.9", "2.0.0"),
        "1.2.*": ("1.2.0 1.2.9", "1.3.0"),
        ">=1, <2": ("1.0.0 1.9.9", "2.0.0 0.9.9"),
        ">=1.2.3-a, <1.3.0": ("1.2.3-a 1.2.3 1.2.9", "1.2.4-a 1.3.0"),
    }

    def test_cases(self) -> None:
        for text, (matching, others) in self.CASES.items():
            requirement = parse_requirement(text)
            assert requirement is not None, text
            for expected, versions in ((True, matching), (False, others)):
                for version_text in versions.split():
                    version = parse_version(version_text)
                    assert version is not None
                    self.assertEqual(requirement.matches(version), expected, f"{text} and {version_text}")

    def test_one_form(self) -> None:
        for text in ("1", "1.2.3", "^1,^2", "^1 ", "=1.*", "^1.*", "*, ^1", "^01", "^1.2-a", "^1.2.3+b", ""):
            self.assertIsNone(parse_requirement(text), text)
        self.assertIsNotNone(parse_requirement(", ".join(["^1"] * 32)))
        self.assertIsNone(parse_requirement(", ".join(["^1"] * 33)))

    def test_other_forms(self) -> None:
        """What cargo reads, and how the crate writes it."""
        for text, written in {
            "1": "^1",
            "1.2.3-a+b": "^1.2.3-a",
            " 1 ": "^1",
            "^ 1": "^1",
            "1.x": "1.*",
            "1.*.X": "1.*",
            "=1.*": "=1",
            "> 1.2.*": ">1.2",
            "x": "*",
            " * ": "*",
            ">=1,<2": ">=1, <2",
            "1 , ~2.0": "^1, ~2.0",
        }.items():
            requirement = parse_range(text)
            assert requirement is not None, text
            self.assertEqual(requirement.text, written)
            self.assertEqual(requirement, parse_requirement(written))
        for text in ("", " ", "1,", ",1", "*, 1", "1.*.3", "1.2.*-a", "1.2-a", "01", "v1", "1.2.3.4", "1\t", ">=1 <2"):
            self.assertIsNone(parse_range(text), text)


if __name__ == "__main__":
    unittest.main()
