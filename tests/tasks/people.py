from django.contrib.auth.models import User

from console.people.models import Person


def person(name: str, *groups: str) -> User:
    """An account whose cluster user has the same name."""
    user = User.objects.create_user(name)
    Person.objects.create(user=user, cluster_user=name, cluster_groups=list(groups))
    return user
