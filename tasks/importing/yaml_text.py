import yaml

from tasks.importing.faults import FaultCode, refuse
from tasks.importing.scalars import plain
from tasks.importing.tree import Tree

# libyaml reads an event in microseconds, the parser in Python takes fifty times that; the latter still works.
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def read_yaml(text: str) -> Tree:
    """The documents of a text, as kubectl would read them, but without anchors, tags and merge keys. Raises Refused."""
    tree = Tree()
    parser = _Loader(text)
    try:
        while parser.check_event():
            _take(parser.get_event(), tree)
    except yaml.MarkedYAMLError as exc:
        mark = exc.problem_mark or exc.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        raise refuse(FaultCode.SYNTAX, line, column, problem=str(exc.problem or exc.context or "")[:200]) from None
    except yaml.YAMLError as exc:
        raise refuse(FaultCode.SYNTAX, 1, 1, problem=str(exc)[:200]) from None
    finally:
        parser.dispose()
    return tree


def _take(event: yaml.Event, tree: Tree) -> None:
    mark = event.start_mark
    line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
    match event:
        case yaml.AliasEvent():
            raise refuse(FaultCode.ALIAS, line, column, name=str(event.anchor)[:60])
        case yaml.ScalarEvent():
            _refuse_extras(event, line, column)
            _scalar(event, tree, line, column)
        case yaml.MappingStartEvent():
            _refuse_extras(event, line, column)
            tree.open({}, line, column)
        case yaml.SequenceStartEvent():
            _refuse_extras(event, line, column)
            tree.open([], line, column)
        case yaml.MappingEndEvent() | yaml.SequenceEndEvent():
            tree.close()


def _refuse_extras(event: yaml.ScalarEvent | yaml.CollectionStartEvent, line: int, column: int) -> None:
    if event.anchor is not None:
        raise refuse(FaultCode.ALIAS, line, column, name=str(event.anchor)[:60])
    if event.tag is not None:
        raise refuse(FaultCode.TAG, line, column, tag=str(event.tag)[:60])


def _scalar(event: yaml.ScalarEvent, tree: Tree, line: int, column: int) -> None:
    bare = event.style in (None, "")
    if not tree.wants_key:
        tree.scalar(plain(event.value, line, column) if bare else event.value, line, column)
        return
    if bare and event.value == "<<":
        raise refuse(FaultCode.MERGE_KEY, line, column)
    if bare and plain(event.value, line, column) is None:
        raise refuse(FaultCode.KEY_TYPE, line, column)
    # A key that is a number or a boolean is its text, as in JSON.
    tree.key(event.value, line, column)
