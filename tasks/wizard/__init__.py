"""The pages that create a task: a start page that makes a draft, then one page a step. They work without scripts."""
