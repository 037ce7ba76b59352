"""The names that sealed texts and keyed hashes of the portal are bound to."""

CODE = "portal_accesscode.code"
LAST = "portal_accesscode.last"
TOKEN = "portal_visit.token"  # noqa: S105 - a column's name
QUESTION = "portal_lookquestion.text"
ANSWER = "portal_lookanswer.text"
CLAIM = "portal_rightsclaim.text"
RULING = "portal_claimruling.text"
