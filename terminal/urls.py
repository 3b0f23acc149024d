from django.urls import path

from terminal import views

_POD = "n/<str:namespace>/tasks/<str:uid>/pods/<str:pod_uid>/terminal/"

urlpatterns = [
    path(_POD, views.terminal, name="terminal"),
    path(f"{_POD}ticket/", views.terminal_ticket, name="terminal-ticket"),
]
