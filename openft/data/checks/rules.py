"""Every rule of training data: its id, its name and how bad it is."""

from __future__ import annotations

from dataclasses import dataclass

from openft.data.findings import Finding, Severity
from openft.data.rows import excerpt


@dataclass(frozen=True, slots=True)
class Rule:
    """What one check looks for."""

    id: str
    name: str
    severity: Severity
    fixable: bool = False

    def finding(
        self,
        message: str,
        *,
        file: str | None = None,
        line: int | None = None,
        column: str | None = None,
        text: str | None = None,
        fixable: bool | None = None,
    ) -> Finding:
        """Return a finding of this rule; of ``text`` it keeps a short, escaped excerpt."""
        return Finding(
            id=self.id,
            name=self.name,
            severity=self.severity,
            message=message,
            file=file,
            line=line,
            column=column,
            excerpt=None if text is None else excerpt(text),
            fixable=self.fixable if fixable is None else fixable,
        )


ERROR, WARNING, NOTE = Severity.ERROR, Severity.WARNING, Severity.NOTE

BYTE_ORDER_MARK = Rule("D001", "byte-order-mark", NOTE)
ENCODING = Rule("D002", "encoding", NOTE)
SEVERAL_SHEETS = Rule("D003", "several-sheets", WARNING)
MISNAMED = Rule("D004", "misnamed", NOTE)
NO_HEADER = Rule("D005", "no-header", NOTE)
REPEATED_COLUMN = Rule("D006", "repeated-column", WARNING)
DELIMITER = Rule("D007", "delimiter", NOTE)
MERGED_CELLS = Rule("D008", "merged-cells", WARNING)
HIDDEN_CELLS = Rule("D009", "hidden-cells", WARNING)
UNREADABLE_ROW = Rule("D010", "unreadable-row", ERROR)
FORMULA_WITHOUT_VALUE = Rule("D011", "formula-without-value", ERROR)
UNREADABLE_FILE = Rule("D012", "unreadable-file", ERROR)
JSON_DOCUMENT = Rule("D013", "json-document", NOTE)
COLUMN_LEFT_OUT = Rule("D014", "column-left-out", WARNING)
CHOSEN_COLUMNS = Rule("D015", "chosen-columns", NOTE)
MARK_TAKEN_OFF = Rule("D020", "mark-taken-off", NOTE)
COLUMNS_LEFT_OUT = Rule("D021", "columns-left-out", NOTE)
WRONG_FOR_MODEL = Rule("D022", "wrong-for-model", ERROR)

DUPLICATE_ROW = Rule("D101", "duplicate-row", WARNING, fixable=True)
EMPTY_COMPLETION = Rule("D102", "empty-completion", ERROR, fixable=True)
LONG_EXAMPLE = Rule("D103", "long-example", WARNING, fixable=True)
TOO_FEW_ROWS = Rule("D104", "too-few-rows", ERROR)
FEW_ROWS = Rule("D105", "few-rows", NOTE)
NUMBER_FOR_TEXT = Rule("D106", "number-for-text", ERROR, fixable=True)
NOT_TEXT = Rule("D107", "not-text", ERROR)
NO_ROWS = Rule("D108", "no-rows", ERROR)
NEAR_DUPLICATE = Rule("D109", "near-duplicate", NOTE)

MISSING_COLUMN = Rule("D201", "missing-column", ERROR)
MISNAMED_COLUMN = Rule("D202", "misnamed-column", ERROR, fixable=True)
EXTRA_COLUMN = Rule("D203", "extra-column", ERROR, fixable=True)

MISSING_SEPARATOR = Rule("D301", "missing-separator", WARNING, fixable=True)
SEPARATOR_INSIDE = Rule("D302", "separator-inside", WARNING)
PROMPT_PREFIX = Rule("D303", "prompt-prefix", WARNING, fixable=True)
COMPLETION_PREFIX = Rule("D304", "completion-prefix", WARNING, fixable=True)
MISSING_STOP = Rule("D305", "missing-stop", WARNING, fixable=True)
STOP_INSIDE = Rule("D306", "stop-inside", WARNING)
LEADING_SPACE = Rule("D307", "leading-space", WARNING, fixable=True)
UPPER_CASE_PROMPT = Rule("D308", "upper-case-prompt", WARNING, fixable=True)
UPPER_CASE_COMPLETION = Rule("D309", "upper-case-completion", WARNING, fixable=True)
TRAILING_BLANK = Rule("D310", "trailing-blank", WARNING, fixable=True)
BLANK_PROMPT = Rule("D311", "blank-prompt", WARNING)
EQUAL_PROMPTS = Rule("D312", "equal-prompts", ERROR)

CONFLICTING_LABELS = Rule("D401", "conflicting-labels", WARNING)
LABEL_PREFIX = Rule("D402", "label-prefix", WARNING)
SMALL_CLASS = Rule("D403", "small-class", WARNING)
EQUAL_COMPLETIONS = Rule("D404", "equal-completions", ERROR)
LEAKAGE = Rule("D405", "leakage", WARNING)
LABEL_MANY_TOKENS = Rule("D406", "label-many-tokens", NOTE)

CONTROL_CHARACTER = Rule("D501", "control-character", WARNING, fixable=True)
BIDI_CONTROL = Rule("D502", "bidi-control", WARNING, fixable=True)
INVISIBLE_CHARACTER = Rule("D503", "invisible-character", WARNING, fixable=True)
REPLACEMENT_CHARACTER = Rule("D504", "replacement-character", WARNING)

MIXED_FORMATS = Rule("D601", "mixed-formats", ERROR)
MISSING_MESSAGES = Rule("D602", "missing-messages", ERROR)
NOT_A_MESSAGE = Rule("D603", "not-a-message", ERROR)
UNKNOWN_ROLE = Rule("D604", "unknown-role", ERROR)
WRONG_CONTENT = Rule("D605", "wrong-content", ERROR)
EMPTY_ANSWER = Rule("D606", "empty-answer", ERROR, fixable=True)
NO_ANSWER = Rule("D607", "no-answer", ERROR, fixable=True)
AFTER_ANSWER = Rule("D608", "after-last-answer", ERROR, fixable=True)
SYSTEM_PLACE = Rule("D609", "system-not-first", WARNING)
USERS_IN_A_ROW = Rule("D610", "users-in-a-row", NOTE)
UNEXPECTED_KEY = Rule("D611", "unexpected-key", ERROR, fixable=True)
WRONG_WEIGHT = Rule("D612", "wrong-weight", ERROR)
NOTHING_LEARNED = Rule("D613", "nothing-learned", ERROR)
BLANK_AROUND_ANSWER = Rule("D614", "blank-around-answer", WARNING, fixable=True)
MISSING_SYSTEM = Rule("D615", "missing-system", NOTE)
SEVERAL_ANSWERS = Rule("D616", "several-answers", NOTE)
IMAGE_PLACE = Rule("D617", "image-place", ERROR)
MANY_IMAGES = Rule("D618", "many-images", WARNING)
MANY_MESSAGES = Rule("D619", "many-messages", ERROR)

WRONG_TOOLS = Rule("D621", "wrong-tools", ERROR)
WRONG_CALL = Rule("D622", "wrong-call", ERROR)
UNDECLARED_TOOL = Rule("D623", "undeclared-tool", WARNING)
STRAY_RESULT = Rule("D624", "stray-result", ERROR)
UNANSWERED_CALL = Rule("D625", "unanswered-call", WARNING)
PARALLEL_CALLS = Rule("D626", "parallel-calls", ERROR)

WRONG_INPUT = Rule("D631", "wrong-input", ERROR)
WRONG_OUTPUT = Rule("D632", "wrong-output", ERROR)
EQUAL_OUTPUTS = Rule("D633", "equal-outputs", ERROR, fixable=True)
SWAPPED_OUTPUTS = Rule("D634", "swapped-outputs", WARNING)
OLD_KEY = Rule("D635", "old-key", ERROR, fixable=True)
ANSWER_AT_END = Rule("D636", "answer-at-end", ERROR)

RULES: dict[str, Rule] = {rule.id: rule for rule in list(globals().values()) if isinstance(rule, Rule)}
"""All of them by id, in order."""
