"""The home page: what this server is and how to connect a client to it."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def home(request: HttpRequest) -> HttpResponse:
    """Instructions with this site's real URL in them."""
    return render(request, "home.html")
