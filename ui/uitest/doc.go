// Package uitest helps to test screens: golden images, synthetic pictures, and finding what to press. Only tests import it.
package uitest
