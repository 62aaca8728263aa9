// Shows the forms that need a passkey, which need this script, and says in words when one could not be used.
(function () {
  if (!window.PublicKeyCredential) return
  document.querySelectorAll('[data-passkey-error]').forEach(function (message) {
    message.closest('form').hidden = false
  })
  document.addEventListener('allauth.error', function (event) {
    const error = event.detail.exception
    // The person closed the browser's dialogue, or let it wait.
    const words = error && error.name === 'InvalidStateError'
      ? 'This passkey is in your account already.'
      : 'No passkey was used. Try again, or take another way.'
    document.querySelectorAll('[data-passkey-error]').forEach(function (message) {
      message.textContent = words
      message.hidden = false
    })
  })
})()
