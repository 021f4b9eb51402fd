"""The syntax nodes that a body may hold. What libcst adds later is refused by itself."""

from __future__ import annotations

import libcst as cst

# Names that libcst gives as Name though they are constants.
PLACE_HOLDERS = frozenset({"True", "False", "None", "_"})

_STATEMENTS = [
    cst.Module, cst.SimpleStatementLine, cst.SimpleStatementSuite, cst.IndentedBlock,
    cst.Expr, cst.Pass, cst.Break, cst.Continue, cst.Return, cst.Raise, cst.From,
    cst.Assign, cst.AssignTarget, cst.AnnAssign, cst.AugAssign, cst.Annotation,
    cst.If, cst.Else, cst.For, cst.While, cst.FunctionDef, cst.Parameters, cst.Param,
    cst.ParamStar, cst.ParamSlash, cst.Try, cst.ExceptHandler, cst.AsName,
]  # fmt: skip

_EXPRESSIONS = [
    cst.Name, cst.Attribute, cst.Call, cst.Arg, cst.Subscript, cst.SubscriptElement,
    cst.Index, cst.Slice, cst.Integer, cst.Float, cst.SimpleString,
    cst.ConcatenatedString, cst.FormattedString, cst.FormattedStringText,
    cst.FormattedStringExpression, cst.Ellipsis, cst.BinaryOperation,
    cst.BooleanOperation, cst.UnaryOperation, cst.Comparison, cst.ComparisonTarget,
    cst.IfExp, cst.Lambda, cst.NamedExpr, cst.Tuple, cst.List, cst.Set, cst.Dict,
    cst.Element, cst.DictElement, cst.StarredElement, cst.StarredDictElement,
    cst.ListComp, cst.SetComp, cst.DictComp, cst.GeneratorExp, cst.CompFor, cst.CompIf,
    cst.Yield, cst.LeftParen, cst.RightParen, cst.LeftSquareBracket,
    cst.RightSquareBracket, cst.LeftCurlyBrace, cst.RightCurlyBrace,
]  # fmt: skip

_PATTERNS = [
    cst.Match, cst.MatchCase, cst.MatchValue, cst.MatchSingleton, cst.MatchAs,
    cst.MatchOr, cst.MatchOrElement, cst.MatchList, cst.MatchTuple,
    cst.MatchSequenceElement, cst.MatchStar, cst.MatchMapping,
    cst.MatchMappingElement, cst.MatchClass, cst.MatchKeywordElement,
]  # fmt: skip

ALLOWED_NODES: frozenset[type] = frozenset([*_STATEMENTS, *_EXPRESSIONS, *_PATTERNS])
