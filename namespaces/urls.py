from django.urls import path

from namespaces import views

urlpatterns = [
    path("", views.home, name="home"),
]
