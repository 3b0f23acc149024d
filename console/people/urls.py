from django.urls import path

from console.people import token_page, views

urlpatterns = [
    path("sign-in/", views.sign_in, name="sign-in"),
    path("sign-out/", views.sign_out, name="sign-out"),
    path("preferences/", views.set_preference, name="set-preference"),
    path("account/tokens/", token_page.token_list, name="tokens"),
    path("account/tokens/<uuid:key>/revoke/", token_page.revoke, name="token-revoke"),
]
