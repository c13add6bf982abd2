"""The small part of Jinja that a letter may use, checked before a template is compiled.

Letters need slots, conditions, lists and shared pieces. Assignments, macros, method calls, arithmetic and string
building are refused: without them no template can grow text, call anything or run for long.
"""

from __future__ import annotations

from jinja2 import TemplateSyntaxError, nodes

FILTERS = frozenset({"length", "first", "last", "nhan_manh"})
TESTS = frozenset({"defined", "undefined", "none"})
LOOP_DEPTH = 2

_ALLOWED = (
    nodes.Template, nodes.Output, nodes.TemplateData, nodes.Block, nodes.If, nodes.For, nodes.Include,
    nodes.Name, nodes.Const, nodes.Getattr, nodes.Getitem, nodes.Slice, nodes.Compare, nodes.Operand,
    nodes.And, nodes.Or, nodes.Not, nodes.CondExpr, nodes.Filter, nodes.Test, nodes.Add, nodes.Call, nodes.Tuple,
)  # fmt: skip


def _refuse(message: str, node: nodes.Node, name: str | None) -> TemplateSyntaxError:
    return TemplateSyntaxError(message, getattr(node, "lineno", None) or 1, name)


def _check(node: nodes.Node, name: str | None) -> None:
    if not isinstance(node, _ALLOWED):
        raise _refuse(f"không dùng được cấu trúc này trong mẫu thư ({type(node).__name__.lower()})", node, name)
    if isinstance(node, nodes.Getattr) and node.attr.startswith("_"):
        raise _refuse(f"không dùng được thuộc tính “{node.attr}”", node, name)
    if isinstance(node, nodes.Getitem) and not isinstance(node.arg, nodes.Slice | nodes.Const):
        raise _refuse("trong ngoặc vuông chỉ dùng số hoặc khoảng số", node, name)
    if isinstance(node, nodes.Getitem) and isinstance(node.arg, nodes.Const) and isinstance(node.arg.value, str):
        raise _refuse("trong ngoặc vuông chỉ dùng số hoặc khoảng số", node, name)
    if isinstance(node, nodes.Filter) and node.name not in FILTERS:
        raise _refuse(f"không dùng được bộ lọc “{node.name}”", node, name)
    if isinstance(node, nodes.Test) and node.name not in TESTS:
        raise _refuse(f"không dùng được phép thử “{node.name}”", node, name)
    if isinstance(node, nodes.Call) and not (isinstance(node.node, nodes.Name) and node.node.name == "range"):
        raise _refuse("không gọi được hàm trong mẫu thư (trừ range)", node, name)
    if isinstance(node, nodes.For) and node.recursive:
        raise _refuse("không dùng được vòng lặp gọi lại chính nó", node, name)
    if isinstance(node, nodes.Include):
        _check_include(node, name)


def _check_include(node: nodes.Include, name: str | None) -> None:
    target = node.template.value if isinstance(node.template, nodes.Const) else None
    if not isinstance(target, str) or not target.startswith("_"):
        raise _refuse('chỉ đưa vào được tệp dùng chung có tên bắt đầu bằng "_"', node, name)
    if name is not None and name.startswith("_"):
        raise _refuse("tệp dùng chung không đưa tệp khác vào được", node, name)


def check(node: nodes.Node, name: str | None, depth: int = 0) -> None:
    """Walk a parsed template; TemplateSyntaxError (Vietnamese, with its line) at the first thing not allowed."""
    _check(node, name)
    depth += isinstance(node, nodes.For)
    if depth > LOOP_DEPTH:
        raise _refuse(f"vòng lặp lồng quá {LOOP_DEPTH} lần", node, name)
    for child in node.iter_child_nodes():
        check(child, name, depth)
