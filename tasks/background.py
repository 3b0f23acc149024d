from celery import shared_task

from tasks import actions


@shared_task(acks_late=True)  # a killed worker gives the job back
def carry_out(operation_id: int) -> None:
    """Hurry one operation. Without retries of its own: the sweep is the one that comes again."""
    actions.carry_out(operation_id)


@shared_task
def sweep_operations() -> None:
    """Carry out what was left: by a lost broker, a killed worker or a cluster that was away."""
    actions.carry_out_due()
