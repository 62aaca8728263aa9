"""A client's logo, for the pages on which people decide about it."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from oauth_bridge.logos import find_logo, monogram
from oauth_bridge.models import Client


@require_safe
def logo(request: HttpRequest, client_pk: str) -> HttpResponse:
    """Always a picture, so that no page shows a broken one; for people who are signed in, because it may be fetched."""
    if not request.user.is_authenticated:
        raise Http404
    client = get_object_or_404(Client.objects.only("pk", "client_id", "name", "logo_uri"), pk=client_pk)
    own = find_logo(client)
    picture = own or monogram(client)
    return HttpResponse(
        picture.content,
        headers={
            "Content-Type": picture.media_type,
            "Cache-Control": f"private, max-age={3600 if own else 60}",
            # Somebody may open it by itself: it is a picture there too, and nothing else.
            "Content-Security-Policy": "default-src 'none'; sandbox",
            "X-Content-Type-Options": "nosniff",
            "Cross-Origin-Resource-Policy": "same-origin",
        },
    )
