from django.urls import path
from django.views.generic import RedirectView

from tasks.views.settings import drivers, flavors

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="flavor-settings"), name="settings"),
    path("flavors/", flavors.flavor_list, name="flavor-settings"),
    path("flavors/create/", flavors.create_flavor, name="flavor-create"),
    path("flavors/<int:pk>/", flavors.edit_flavor, name="flavor-edit"),
    path("flavors/<int:pk>/change/", flavors.change_flavor, name="flavor-change"),
    path("flavors/<int:pk>/delete/", flavors.delete_flavor, name="flavor-delete"),
    path("drivers/", drivers.driver_table, name="driver-settings"),
]
