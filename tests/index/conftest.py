from tests.index.engines import index, postgres_index

__all__ = ["index", "postgres_index"]
